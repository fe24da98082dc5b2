"""Words by which notices of a delay are told from bounces, as data, language by language."""

from rebond.core.read.phrases import listed

# What says that the sender's side goes on trying.
DELAYS = listed(
    """
    still being retried | still trying | will be retried | will keep trying | will continue trying |
    transient non-fatal | will continue to do so | keep trying | keeps trying | go on trying | continue trying |
    continues to try | continues trying | trying for another | will try for | will try to deliver |
    will attempt delivery | attempt delivery again | will attempt to deliver | temporarily undeliverable |
    will continue to try | continue to attempt delivery | continue to attempt to deliver |
    will continue to be attempted | continue to be made | will keep being retried |
    delivery attempts will continue | will be attempted again | will try again | will retry for |
    retry for | this is a warning message only | this is a warning only | this is just a warning |
    only a temporary failure report | only a warning | has not yet been delivered |
    not been delivered yet | have not yet received your message | still awaiting delivery |
    do not need to resend your message | no action is required on your part | message is delayed |
    message has been delayed | delivery has been delayed | delivery is delayed | been temporarily delayed |
    notification about a delay | will be tried again | will be reattempted | will be re-attempted |
    will continue to retry | will keep retrying | remains in the queue | still in the queue | still queued
    είναι σε καθυστέρηση | έχει καθυστερήσει | δεν έχει παραδοθεί ακόμ | θα συνεχιστούν
    je zpožděno | bylo zpožděno | zatím nebyl | dosud nebyl | budou pokračovat | pouze varování
    je oneskorené | zatiaľ nebol | doposiaľ nebol | budú pokračovať
    er forsinket | er blevet forsinket | endnu ikke leveret | fortsat forsøg | fortsætter med at forsøge |
    kun en advarsel
    noch nicht zugestellt | wird weiterhin versucht | weitere zustellversuche | wurde verzögert | ist verzögert |
    verzögert sich | wird es weiter | versucht es noch | weiter versucht | wird erneut versucht |
    erneute zustellversuche | nur eine warnung | lediglich eine warnung | müssen ihre nachricht nicht erneut |
    brauchen ihre nachricht nicht erneut
    se ha retrasado | ha sido retrasad | está retrasad | lo intentará durante | lo seguirá intentando |
    seguirá intentando | seguiremos intentando | se seguirá intentando | continuará intentando |
    se volverá a intentar | aún no se ha entregado | aún no ha sido entregad | todavía no se ha entregado |
    todavía no ha sido entregad | sólo una advertencia | solo una advertencia | sólo un aviso | solo un aviso |
    no es necesario que reenvíe | no necesita reenviar
    on viivästynyt | viivästyy | ei ole vielä toimitettu | yritetään edelleen | yritetään uudelleen | vain varoitus
    n'est pas encore arrivé | n'est pas encore parvenu | continuons nos tentatives | poursuivons nos tentatives |
    inutile de le renvoyer | inutile de renvoyer |
    n'a pas encore été | n'a pas encore pu | n'ont pas encore été | n'ont pas encore pu | de nouvelles tentatives |
    nouvelle tentative sera | a été retardé | est retardé | ont été retardé | a été différé | est différé |
    va réessayer | vont se poursuivre | va se poursuivre | se poursuivront | sera retenté | seront retenté |
    continuera d'essayer | continuera à essayer | continue d'essayer | continue à essayer |
    n'avez pas besoin de renvoyer | n'est pas nécessaire de renvoyer | simple avertissement |
    uniquement d'un avertissement | avertissement seulement | toujours en attente de remise | en cours de relivraison
    késést szenved | kézbesítése késik | még nem sikerült kézbesíteni | még nem kézbesített | folytatódnak |
    csak figyelmeztetés
    non è ancora stat | non sono ancora stat | non è stato ancora | è stato ritardat | è in ritardo |
    tentativi di recapito continueranno | tentativi di consegna continueranno | continuerà a tentare | riproverà |
    verrà ritentat | sarà ritentat | verranno effettuati altri tentativi | verranno effettuati ulteriori tentativi |
    solo un avviso | solo un avvertimento | non è necessario rispedire | non è necessario inviare nuovamente
    再送を試み | 再送信を試み | 再送を続け | 再送いたします | 再試行します | 再試行されます | 再送を行います |
    配送遅延 | 配信遅延 | 配信が遅れ | 配送が遅れ | 配信が遅延 | 配送が遅延 | まだ配信されて | まだ配送されて |
    まだ届いて | まだお届け | 引き続き配信 | 引き続き配送 | 引き続き送信 | 再送信する必要はありません
    지연되었 | 지연되고 | 지연 되었 | 아직 배달되지 | 아직 전달되지 | 아직 전송되지 | 계속해서 배달 | 계속 시도 |
    다시 시도합니다 | 다시 시도할 예정 | 재시도합니다 | 재전송을 시도
    er ikke levert ennå | ennå ikke levert | ikke blitt levert ennå | fortsatt bli gjort forsøk | fortsetter å prøve |
    bare en advarsel
    nog niet afgeleverd | nog niet bezorgd | is vertraagd | zijn vertraagd | nog geprobeerd | blijft proberen |
    blijven proberen | wordt opnieuw geprobeerd | zal het opnieuw proberen | alleen een waarschuwing |
    slechts een waarschuwing
    jest opóźnion | został opóźnion | została opóźnion | zostało opóźnion | jeszcze dostarczon | jeszcze doręczon |
    będą kontynuowane | będą ponawiane | tylko ostrzeżenie
    ainda não foi entregue | ainda não pôde ser | continuará tentando | continuará a tentar | continuaremos tentando |
    tentará novamente | foi atrasad | está atrasad | sofreu atraso | sofreu um atraso | entrega continuarão |
    apenas um aviso | apenas uma advertência | não é necessário reenviar | não precisa reenviar
    întârziat | încă nu a fost livrat | nu a fost încă livrat | se va încerca în continuare | va continua să încerce
    ещё не доставлено | еще не доставлено | пока не доставлен | попытки доставки будут | попытки доставки продолж |
    повторные попытки будут | попытки будут продолж | доставка задержана | доставка задерживается | задержано |
    задерживается | лишь предупреждение | только предупреждение | не нужно отправлять сообщение повторно
    har försenats | är försenad | har inte levererats än | ännu inte levererats | ännu inte har levererats |
    leveransförsöken fortsätter | fortsätter att försöka | kommer att försöka igen | endast en varning |
    bara en varning
    gecikti | gecikmektedir | gecikmiştir | henüz teslim edilm | henüz iletilm | girişimleri sürecek |
    denemeye devam |
    yeniden denenecek | yalnızca bir uyarı
    ще не доставлено | доставку затримано | доставка затримується | спроби доставки триватимуть
    已延迟 | 传递延迟 | 投递延迟 | 尚未传递 | 尚未送达 | 尚未投递 | 继续尝试 | 继续重试 | 继续投递 | 仅为警告 |
    無需重新傳送 | 无需重新发送 | 已延遲 | 傳遞延遲 | 尚未傳遞 | 尚未送達 | 繼續嘗試
    """
)
# How the subject of one begins; and what may stand in it behind another beginning.
DELAY_SUBJECTS = listed(
    """
    delayed mail | delayed: | delivery delayed | delivery status notification (delay) |
    delivery status notification: delayed | mail delivery delayed | message delayed | warning: message |
    warning: could not send | warning--could not send | warning - delayed mail | notification: delayed |
    retardé | remise retardé | remise différé | livraison retardé | message retardé | courriel retardé |
    courrier retardé |
    distribution retardé | verzögert | zustellung verzögert | e-mail verzögert | nachricht verzögert | retrasad |
    entrega retrasad | mensaje retrasad | atrasad | entrega atrasad | entrega adiada | mensagem atrasad | ritardo |
    recapito ritardat | consegna ritardat | messaggio ritardat | recapito in ritardo | bezorging vertraagd |
    aflevering vertraagd | bericht vertraagd | opóźnion | dostarczenie opóźnion | dostarczanie opóźnion |
    wiadomość opóźnion | doručení zpožděno | doručení se zpozdilo | doručenie oneskoren | leveransen försenad |
    leverans försenad | levering forsinket | leveringen er forsinket | levering er forsinket | toimitus viivästyi |
    toimitus viivästynyt | задерж | доставка задерж | доставку затримано | 遅延 | 配信遅延 | 配信の遅延 | 配送遅延 |
    传递延迟 | 投递延迟 | 邮件延迟 | 傳遞延遲 | 郵件延遲 | 배달 지연 | 전송 지연 | 배달이 지연 | teslim gecikti |
    teslimat gecikti | kézbesítés késik | késleltetett kézbesítés | livrare întârziat | η παράδοση καθυστερ
    """
)
DELAY_TAGS = listed(
    """
    (delay | (retard | (verzöger | (retras | (ritard | (atras | (vertrag | (opóźn | (zpožd | (försen | (forsink |
    (viiväst | (задерж | (затрим | (遅延 | (延迟 | (延遲 | (지연 | (gecik
    """
)
# What takes a delay back: the notice is the last one.
GIVEN_UP = listed(
    """
    not keep trying | not continue | not go on trying | stopped trying | no longer trying |
    given up | giving up | gave up | will be deleted from queue | will not be retried |
    not going to try again | no further delivery attempts | no further attempts | permanent error |
    permanent failure | failed permanently | permanent fatal | could not be delivered for 5 days |
    wurde aufgegeben | wurden aufgegeben | keine weiteren zustellversuche | nicht weiter versucht |
    nicht erneut versucht
    no se volverá a intentar | no se seguirá intentando | no se realizarán más intentos | no se harán más intentos |
    es un error permanente
    aucune nouvelle tentative | aucune autre tentative | pas de nouvelles tentatives | ne sera pas retenté |
    été abandonné | a cessé d'essayer | est une erreur permanente
    non verranno effettuati | non saranno effettuati | nessun ulteriore tentativo | è un errore permanente
    再送は行いません | 再送は行われません | 再試行は行われません | 더 이상 시도하지 | 재시도하지 않
    niet opnieuw geprobeerd | geen verdere pogingen | nie będą podejmowane | nie będą kontynuowane
    não tentará novamente | não haverá novas tentativas | não serão feitas | é um erro permanente
    больше не будет | попытки доставки прекращены | попытки прекращены
    不再重试 | 不再尝试 | 放弃投递 | 停止尝试 | 不再嘗試
    """
)

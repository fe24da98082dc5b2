"""Words by which returned mail is told, as data: lower case, searched in lower-cased text, set apart by bars."""

from collections.abc import Iterable


class Phrases(tuple[str, ...]):
    """Phrases, and apart those that a text of ASCII alone can hold: most texts are such, and half the phrases not."""

    in_ascii: tuple[str, ...]

    def of(self, text: str) -> tuple[str, ...]:
        """Give the phrases that a text can hold, for its letters."""
        return self.in_ascii if text.isascii() else self

    def any_in(self, text: str) -> bool:
        """Tell whether a text, in lower case, holds one of the phrases."""
        return any(words in text for words in self.of(text))


def phrases(found: Iterable[str]) -> Phrases:
    made = Phrases(found)
    made.in_ascii = tuple(words for words in made if words.isascii())
    return made


def _words(text: str) -> Phrases:
    return phrases(words for line in text.strip().splitlines() for words in line.strip(" |").split(" | "))


# The mailboxes that mail systems write from (local part, or its beginning).
DAEMONS = _words(
    """
    mailer-daemon | mailerdaemon | mailer.daemon | mailer_daemon | mail-daemon | maildaemon |
    mail.delivery | mail-delivery | maildelivery | mdaemon | post_master | post-master | post.master |
    postmaster | microsoftexchange | bounce-handler | mail_system
    """
)
# Those that no person reads or writes.
MACHINES = _words(
    """
    mailer-daemon | mailerdaemon | mailer.daemon | mailer_daemon | mail-daemon | maildaemon | mdaemon |
    mail.delivery | mail-delivery | maildelivery | microsoftexchange | bounce-handler
    """
)
# Parts of the names of mailboxes that are hardly a person's.
IMPERSONAL = _words(
    """
    admin | daemon | mail | system | service | bounce | deliver | noreply | no-reply | server | gateway |
    notif | alert | robot | virus | smtp | mta | imss | relay
    """
)
DAEMON_NAMES = _words(
    """
    mail deliver | mail system | mailsystem | mailer daemon | mailer-daemon | mail daemon | mail router |
    mail administrator | system administrator | system attendant | delivery subsystem | delivery system |
    delivery service | smtp_mail_service | smtp mail service | mail transfer | mail transport |
    postmaster | message transfer agent | administrateur système | administrador del sistema |
    administrador do sistema | amministratore di sistema | systemadministrator | antivirus_for_smtp
    """
)
# How the subject of a bounce begins, without `Re:` and list tags.
SUBJECTS = _words(
    """
    undeliver | undelivered | un-deliverable | non-deliverable | nondeliverable | non delivery |
    non-delivery | not delivered | returned mail | returned e-mail | returned to sender |
    return receipt: failed | return to sender | mail returned | message returned | failure notice |
    failure notification | failure delivery | failed mail | failed delivery | failed to deliver |
    delivery failure | delivery failed | delivery fail | delivery error | delivery problem |
    delivery notification | delivery status | delivery report | delivery has failed |
    delivery unsuccessful | delivery incomplete | deliver fail | mail delivery | mail failure |
    mail could not be delivered | mail system error | mail error | mail not delivered |
    mail undeliverable | mailer-daemon | message delivery | message undeliverable | message undelivered |
    message not delivered | message could not be delivered | message notification | message status |
    message delayed | message you sent | email delivery | e-mail delivery | email error | email bounce |
    email not delivered | error sending | error in mail | error delivering | error mail |
    there was an error sending your mail | nondelivery | ndn: | ndr: | unable to deliver |
    could not deliver | could not send message | could not be delivered | couldn't be delivered |
    cannot deliver | can't deliver | rejected: | rejected mail | address unknown | user unknown |
    unknown user | unknown recipient | recipient unknown | invalid recipient | no such user |
    mailbox full | mailbox is full | mailbox unavailable | over quota | delayed mail | delayed: |
    delivery delayed | delivery is delayed | warning: message | warning: could not send |
    warning--could not send | warning - delayed mail | [postmaster] email delivery | smtp error |
    problems delivering | problem delivering | bounced mail | bounced message | unzustellbar |
    nicht zugestellt | nachricht konnte nicht | zustellung fehlgeschlagen | fehler bei der zustellung |
    übermittlungsfehler | échec de la remise | échec de remise | echec de la remise | non remis |
    remise impossible | non distribué | retour de courrier | avis de non-remise | message non délivré |
    no se puede entregar | no entregado | no se ha podido entregar | error de entrega |
    notificación de estado de entrega | devuelto al remitente | não entregue |
    não foi possível entregar | falha na entrega | mensagem não entregue |
    notificação de status de entrega | impossibile recapitare | mancata consegna | mancato recapito |
    messaggio non recapitabile | niet-bezorgbaar | onbestelbaar | niet afgeleverd |
    kan niet worden bezorgd | nie można dostarczyć | niedostarczona | zwrot wiadomości | nedoručitelné |
    nedoručitelná | går inte att leverera | kunde inte levereras | oleverbart | kan ikke leveres |
    uleveret | ikke leveret | kan ikke levere | toimitus epäonnistui | ei voitu toimittaa |
    teslim edilemedi | iletilemedi | kézbesíthetetlen | не доставлено |
    недоставлено | не удалось доставить | недоставленное |
    сообщение не может быть доставлено | 配信不能 | 配信エラー | 配信でき |
    送信エラー | 送信でき | エラーメール | 配送でき | メール送信失敗 | 系统退信 | 退信 | 无法送达 |
    無法傳遞 | 未送达 | 无法投递 | 投递失败 | 배달 실패 | 전송 실패 | 배달되지 | 발송 실패 |
    non recapitabile | recapito non riuscito | no entregable | no se pudo entregar | error en la entrega |
    mensaje no entregado | niedostarczone | niedostarczenie | nie dostarczono | nieudane dostarczenie |
    entrega não efetuada | não entregável | não é possível entregar | bezorging mislukt | aflevering mislukt |
    ikke levert | kan inte levereras | leverans misslyckades | leveringsfejl | kan ikke afleveres |
    toimittaminen epäonnistui | nedoručeno | doručení se nezdařilo | nelze doručit | nem kézbesíthető |
    kézbesítési hiba | teslim edilemeyen | teslimat başarısız | mesaj nelivrat | nelivrat | αδύνατη η παράδοση |
    δεν ήταν δυνατή η παράδοση | недоставлен | ошибка доставки | сбой доставки | не може бути доставлен |
    livraison impossible | échec de la livraison de votre | échec de livraison | échec d'envoi |
    message non distribué | message non délivrable | courriel non | mail non délivré | retour de message |
    avis de non remise | zustellfehler | zustellung nicht möglich | zustellung gescheitert | e-mail unzustellbar |
    mail unzustellbar | rückläufer | メール配送エラー | メールを配信できませんでした | 未配信 | 未送信 |
    送信失敗 | 不達 | 退回的邮件 | 退信通知 | 邮件被退回 | 郵件無法 |
    傳遞失敗 | 메일 전송 실패 | 반송
    """
)
# Notices to a postmaster about what others tried on his server: no message of ours failed.
SERVER_NOTICES = _words(
    """
    postfix smtp server: errors from | postfix smtp client: errors from
    """
)
# Words for mail, without which an undelivered thing may well be a parcel.
MAIL_WORDS = _words(
    """
    mail | message | mensaje | mensagem | messaggio | courriel | correo | correio | nachricht | bericht |
    wiadomo | zpráv | meddeland | meddelelse | viesti | ileti | üzenet | mesaj | письм | сообщен | μήνυμα |
    メール | メッセージ | 邮件 | 郵件 | 메일 | 메시지
    """
)
# What a notice says of a message that did not arrive.
FAILURES = _words(
    """
    could not be delivered | couldn't be delivered | cannot be delivered | can not be delivered |
    can't be delivered | could not deliver | couldn't deliver | cannot deliver | unable to deliver |
    unable to be delivered | able to deliver your message | was not able to deliver | not been delivered |
    not yet been delivered | was not delivered | wasn't delivered | were not delivered | not delivered to |
    message not delivered | not be delivered | not be able to deliver | undeliverable | undelivered |
    delivery failed | delivery failure | delivery has failed | delivery error | delivery incomplete |
    failed permanently | failed delivery | failed to deliver | failed to be delivered | failed recipients |
    failure reasons | failed because | fatal errors | following address failed |
    following addresses failed | following address(es) failed | trouble delivering | problem delivering |
    problems delivering | error delivering | delivery problems | delivery errors | aborted after |
    did not reach | did not receive your message | error occurred while trying to deliver |
    error occurred while attempting to deliver | error has occurred while attempting to deliver |
    error while attempting to deliver | errors occurred when trying to deliver |
    errors occurred during the delivery | rejected by | rejected recipient | was rejected | been rejected |
    mail rejected | message returned | is being returned | has been returned | returned to sender |
    returned to you | transcript of session | unsent message | no such user | user unknown | unknown user |
    unknown recipient | invalid recipient | invalid user | invalid address | invalid final delivery |
    does not exist | doesn't exist | not a valid | not a known user | not listed in | no mailbox |
    no longer on server | mailbox full | mailbox is full | mailbox unavailable | over quota |
    exceeded its quota | quota exceeded | exceeds allowed | host unknown | name service error |
    is delayed | has been delayed | delayed for more than | still trying |
    message has encountered delivery problems | failed after | did not exactly match |
    may not exist, or you may not have permission | konnte nicht zugestellt | konnte nicht an |
    nicht zugestellt werden | nicht ausgeliefert | nicht zustellbar | unzustellbar | n'a pas pu être |
    n'ont pas pu être | na pas pu etre | n'a pas été remis | n'a pu être | impossible de remettre |
    impossible de délivrer | échec de la remise | no pudo ser entregado | no se pudo entregar |
    no se ha podido entregar | no ha podido ser entregado | no fue posible entregar |
    nao pode ser enviada | não pôde ser entregue | não pode ser entregue | não foi possível entregar |
    não foi entregue | falha na entrega | non è stato possibile | non può essere |
    impossibile recapitare | impossibile consegnare | kon niet worden | niet worden afgeleverd |
    niet afgeleverd | niet bezorgd | nie została dostarczona | nie mogła zostać | nie można dostarczyć |
    nebylo možné doručit | nemohla být doručena | nelze doručit | kunde inte levereras |
    gick inte att leverera | kunne ikke leveres | ikke leveres | ei voitu toimittaa | teslim edilemedi |
    iletilemedi | не может быть доставлено | не удалось доставить |
    не было доставлено | не доставлено | 送信できません | 配信できません |
    配信でき | 配送でき | 届けることができません | お届けできません | 送信に失敗 | 配信に失敗 |
    存在しない | 見つかりません | 无法投递 | 无法送达 | 未能送达 | 投递失败 | 無法傳遞 | 无法发送 | 退回 |
    전송되지 | 배달되지 | 보낼 수 없 |
    non è stato recapitato | recapito non riuscito | non ha raggiunto | impossibile raggiungere | non consegnabile |
    non recapitabile | no llegó a | no entregable | no fue entregado | no se puede entregar | no se ha entregado |
    no se puede localizar | não chegou | impossível entregar | nie dotarła | nie dotarł | niedostarcz |
    nie została doręczona | niet bereikt | kan niet worden bezorgd | niet worden bezorgd | nådde inte |
    kan inte levereras | nåede ikke | kunne ikke afleveres | nådde ikke | kan ikke leveres | ei tavoittanut |
    ei voitu toimittaa perille | nebyla doručena | nebyl doručen | nem sikerült kézbesíteni | nem kézbesíthető |
    ulaşmadı | teslim edilemiyor | nu a putut fi livrat | nu a fost livrat | δεν ήταν δυνατή η παράδοση |
    δεν παραδόθηκε | не може бути доставлен | не удаётся доставить | не смогло быть доставлено | доставка не удалась |
    nicht erreicht | konnte nicht übermittelt | konnten nicht zugestellt | nicht zugestellt |
    zustellung fehlgeschlagen | n'a pas été distribué | n'a pas été délivré | n'est pas parvenu |
    impossible de joindre | n'a pas abouti | remise a échoué | destinataire inconnu | utilisateur inconnu |
    boîte aux lettres pleine | 送信されませんでした | 送信できませんでした | 届きませんでした |
    見つかりませんでした | 无法投递到 | 无法传递 | 投遞失敗 | 被退回 | 전달되지 |
    전송하지 못 | 반송되었
    """
)
# What says that the sender's side goes on trying.
DELAYS = _words(
    """
    still being retried | still trying | will be retried | will keep trying | will continue trying |
    will continue to try | continue to attempt delivery | continue to attempt to deliver |
    will continue to be attempted | continue to be made | will keep being retried |
    delivery attempts will continue | will be attempted again | will try again | will retry for |
    retry for | this is a warning message only | this is a warning only | this is just a warning |
    only a temporary failure report | only a warning | has not yet been delivered |
    not been delivered yet | have not yet received your message | still awaiting delivery |
    do not need to resend your message | no action is required on your part | message is delayed |
    message has been delayed | delivery has been delayed | delivery is delayed |
    notification about a delay | noch nicht zugestellt | wird weiterhin versucht |
    weitere zustellversuche | n'a pas encore été | n'a pas encore pu | de nouvelles tentatives |
    aún no se ha entregado | se seguirá intentando | ainda não foi entregue | continuará tentando |
    non è ancora stato | nog niet afgeleverd | nog niet bezorgd | ещё не доставлено |
    еще не доставлено | попытки доставки будут | 再送を試み |
    再送信を試み | 配送遅延 | 配信が遅れて
    """
)
DELAY_SUBJECTS = _words(
    """
    delayed mail | delayed: | delivery delayed | delivery status notification (delay) |
    delivery status notification: delayed | mail delivery delayed | message delayed | warning: message |
    warning: could not send | warning--could not send | warning - delayed mail | notification: delayed |
    (delay) | retardé | verzögert | retrasad | atrasad | ritardo | задерж | 遅延
    """
)
# What takes a delay back: the notice is the last one.
GIVEN_UP = _words(
    """
    given up | giving up | gave up | will be deleted from queue | will not be retried |
    not going to try again | no further delivery attempts | no further attempts | permanent error |
    permanent failure | failed permanently | permanent fatal | could not be delivered for 5 days
    """
)
# What announces the addresses that failed.
INTROS = _words(
    """
    following address | following recipient | following list of recipient | following user |
    following destination | following email address | following e-mail address | following person |
    following mailbox | these recipients | these addresses | this recipient | intended recipient |
    recipients were affected | failed recipients | failure reasons | was not delivered to |
    not been delivered to | not be delivered to | not delivered to | delivered to one or more |
    could not be delivered to | one or more recipients | one or more of its recipients |
    one or more of its | you addressed to | email address : | message to: | addresses had |
    your message to | your mail to | sent mail to | your email to | your e-mail to | the message to |
    deliver mail to | deliver to | delivery to | delivering your mail to | delivering your message to |
    delivering to | recipient: | recipients: | recipient(s): | rejected recipient | undeliverable to |
    final delivery userid: | attempts: | addressed to | address: | address is | folgende empfänger |
    folgenden empfänger | folgende adresse | folgenden adresse | folgenden e-mail-adresse |
    destinataires suivants | destinataire suivant | adresses suivantes | adresse suivante |
    a la siguiente dirección | siguientes destinatarios | siguiente destinatario |
    siguientes direcciones | destinatarios siguientes | seguintes destinatários | seguinte destinatário |
    seguinte endereço | seguenti destinatari | seguente destinatario | seguente indirizzo |
    volgende geadresseerde | volgende ontvanger | volgende adres | następujących adresatów |
    następujących odbiorców | následujícím příjemcům | följande mottagare | følgende modtager |
    følgende mottaker | seuraaville vastaanottajille | aşağıdaki alıcı |
    следующим адресат | следующим получател |
    следующему адресату | получателям: | 以下のメールアドレス | 以下の宛先 |
    次の宛先 | 次の受信者 | 以下收件人 | 下列收件人 | 收件人 | 다음 수신자 | 다음 받는 사람 |
    seguenti indirizzi | destinatarios: | destinatários a seguir | następującymi adresatami | adresatami: |
    folgende(r) empfänger | de volgende geadresseerde | volgende ontvangers | följande adress | følgende modtagere |
    følgende mottakere | následující příjemci | seuraaville osoitteille | aşağıdaki alıcılara | адресату: |
    следующих получателей | получателю | οι ακόλουθοι παραλήπτες | 下記の宛先 | 下記のメールアドレス |
    次のメールアドレス | 以下邮箱 | 收件人： |
    收件地址 | 받는 사람
    """
)
CHALLENGE_HEADERS = _words(
    """
    x-boxbe | x-tmda-confirm | x-spamarrest | x-challenge | x-bluebottle-request | x-asfp-challenge
    """
)
CHALLENGE_SUBJECTS = _words(
    """
    please confirm your message | confirmation required | action required: verify your email |
    (action required) | message verification | sender verification | verify your message |
    verification de votre message | demande d'authentification | authentification requise |
    merci de confirmer votre message
    """
)
CHALLENGES = _words(
    """
    to have your address added to the recipient's allowed | added to the recipient's allowed list |
    add yourself to my | has been waitlisted | guest list so your messages |
    is protected by a spam filter that requires | this account is protected by | challenge-response |
    challenge/response | i'm protecting myself from receiving junk mail | is protecting himself from |
    just this once, click the link | just this once click the link |
    please click the link below to confirm that you are | confirm that you are a person |
    confirm you are a real person | prove that you are human | prove you are human |
    to release your message | your message will be delivered once you | your message is being held until |
    message is being held because the address | waiting for you to verify |
    verify that you sent this message | utilise mailinblack | mailinblack | afin de vous authentifier |
    pour que votre message soit délivré | cliquez sur le lien ci-dessous pour vous authentifier |
    vade secure challenge
    """
)
# How the subject of an automatic answer begins; nobody else begins so.
AUTO_REPLY_SUBJECTS = _words(
    """
    auto reply | auto-reply | autoreply | auto response | auto-response | autoresponse | auto respond |
    auto-respond | autorespond | automatic reply | automatic response | automated reply |
    automated response | automatic answer | out of office | out of the office | out-of-office | ooo: | oof: |
    away from my mail | vacation reply | vacation response | réponse automatique | reponse automatique |
    réponse auto | message d'absence | absence du bureau | absent du bureau | automatische antwort |
    automatische rückantwort | abwesenheitsnotiz | abwesenheitsmeldung | autoantwort | respuesta automática |
    respuesta automatica | fuera de la oficina | fuera de oficina | ausente de la oficina | risposta automatica |
    assente dall'ufficio | automatisch antwoord | automatische beantwoording | afwezigheidsbericht |
    resposta automática | resposta automatica | fora do escritório | automatyczna odpowiedź |
    odpowiedź automatyczna | autoodpowiedź | automatická odpověď | automatická odpoveď | automatiskt svar |
    autosvar | automatisk svar | automaattinen vastaus | автоответ | автоматический ответ | автовідповідь |
    自動応答 | 自動返信 | 自動回答 | 自动回复 | 自動回覆 | 自动答复 | 自動答覆 | 자동 회신 | 자동회신 |
    자동 응답 | 자동응답 | 부재중 자동 | otomatik yanıt | otomatik cevap | automatikus válasz |
    automatikus valasz | răspuns automat | raspuns automat | αυτόματη απάντηση | automātiska atbilde |
    automatinis atsakymas | automaatvastus | samodejni odgovor | automatski odgovor | رد تلقائي |
    trả lời tự động | balasan otomatis
    """
)
# How one may begin, if something else speaks for it too.
ABSENCE_SUBJECTS = _words(
    """
    auto: | out of town | away from | away until | away: | i am away | i'm away | on vacation | on holiday |
    on leave | on annual leave | on maternity leave | on sick leave | maternity leave | annual leave |
    vacation: | vacation notice | holiday: | absence notice | absent: | absent jusqu | en congé | absence: |
    absence : | abwesenheit | abwesend | nicht im büro | außer haus | ausser haus | urlaub | im urlaub |
    ausente: | de vacaciones | fuori sede | fuori ufficio | in ferie | automatisch bericht | afwezig |
    afwezigheid | niet aanwezig | ausência temporária | em férias | poza biurem | nieobecność | nieobecny |
    mimo kancelář | nepřítomnost | frånvaro | ej på kontoret | inte på kontoret | på semester | fraværende |
    fravær | ikke til stede | ikke på kontoret | på ferie | poissa toimistosta | poissaolo | lomalla |
    нет на месте | вне офиса | в отпуске | 不在のお知らせ | 不在通知 | 不在: | 不在の | 休暇 | 不在办公室 |
    休假 | 부재중 |
    부재 중 | ofis dışında | ofis dışı | izindeyim | házon kívül | تلقائي
    """
)
AUTO_REPLY_ANYWHERE = _words(
    """
    out of office | out of the office | automatic reply | auto-reply | autoreply | réponse automatique |
    automatische antwort | abwesenheitsnotiz | respuesta automática | risposta automatica |
    automatisch antwoord | resposta automática | automatyczna odpowiedź | automatiskt svar | autosvar |
    автоответ | 自動応答 | 自動返信 | 自动回复 | 자동 회신 | otomatik yanıt |
    automatiska atbilde | automātiskā atbilde
    """
)
# What an absent person's machine says.
ABSENCES = _words(
    """
    out of the office | out of office | away from the office | away from my office | away from my desk |
    currently away | on vacation | on holiday | annual leave | maternity leave | on leave | i am away |
    i will be away | i'm away | limited access to email | limited access to e-mail |
    limited access to my email | no access to email | no longer work | no longer with |
    has left the company | will respond to you upon | when i return | upon my return | automatic reply |
    automated response | auto-generated response | autoresponder | je suis absent | je serai absent |
    actuellement absent | de retour le | en congés | en congé | absent du bureau | réponse automatique |
    bin ich nicht | ich bin nicht | nicht im büro | abwesend | im urlaub | nicht erreichbar |
    fuera de la oficina | estoy de vacaciones | estaré ausente | fuori ufficio | sono assente |
    sarò assente | in ferie | niet aanwezig | ben ik afwezig | afwezig | fora do escritório |
    estarei ausente | de férias | jestem nieobecn | poza biurem | na urlopie | mimo kancelář |
    nejsem přítom | på semester | inte på kontoret | frånvarande | på ferie | ikke på kontoret |
    fraværende | poissa toimistosta | lomalla | в отпуске | отсутствую |
    нет на рабочем месте | 不在にし | 休暇 | 不在です | 不在办公室 | 休假 | 外出 |
    부재중 | 휴가 | 자리를 비 | ofis dışında | izindeyim | izinde
    """
)
ACKNOWLEDGEMENTS = _words(
    """
    thank you for your e-mail | thank you for your email | thank you for you e-mail |
    thank you for your message | thank you for contacting | thanks for your email | thanks for contacting |
    we have received your | has been received | will reply as soon as possible | will endeavour to reply |
    merci pour votre message | merci de votre message | nous avons bien reçu | vielen dank für ihre |
    gracias por su mensaje | gracias por contactar | grazie per averci | bedankt voor uw |
    obrigado pelo seu | dziękujemy za | お問い合わせいただき
    """
)

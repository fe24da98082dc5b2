"""Words by which bounces are told, as data."""

from rebond.core.read.phrases import listed

# The mailboxes that mail systems write from (local part, or its beginning).
DAEMONS = listed(
    """
    mailer-daemon | mailerdaemon | mailer.daemon | mailer_daemon | mail-daemon | maildaemon |
    mail.delivery | mail-delivery | maildelivery | mdaemon | post_master | post-master | post.master |
    postmaster | microsoftexchange | bounce-handler | mail_system | mmdf
    """
)
# Those that no person reads or writes.
MACHINES = listed(
    """
    mailer-daemon | mailerdaemon | mailer.daemon | mailer_daemon | mail-daemon | maildaemon | mdaemon |
    mail.delivery | mail-delivery | maildelivery | microsoftexchange | bounce-handler
    """
)
# Parts of the names of mailboxes that are hardly a person's.
IMPERSONAL = listed(
    """
    admin | daemon | mail | system | service | bounce | deliver | noreply | no-reply | server | gateway |
    notif | alert | robot | virus | smtp | mta | imss | relay
    """
)
DAEMON_NAMES = listed(
    """
    mail deliver | mail system | mailsystem | mailer daemon | mailer-daemon | mail daemon | mail router |
    mail administrator | system administrator | system attendant | delivery subsystem | delivery system |
    delivery service | smtp_mail_service | smtp mail service | mail transfer | mail transport |
    postmaster | message transfer agent | administrateur système | administrador del sistema |
    administrador do sistema | amministratore di sistema | systemadministrator | antivirus_for_smtp |
    mail gateway | passerelle | mailscanner | spam firewall | content filter | mail security | email security |
    antispam
    """
)
# How the subject of a bounce begins, without `Re:` and list tags.
SUBJECTS = listed(
    """
    message blocked | blocked message | mail blocked | message rejected | message refused | mail refused |
    undeliver | undelivered | un-deliverable |
    message not deliverable | mail not deliverable | non-deliverable | nondeliverable | non delivery |
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
    傳遞失敗 | 메일 전송 실패 | 반송 |
    не удается доставить | не удаётся доставить | не вдається доставити | niedostarczaln | nedoručiteľn |
    olevererbar | ei toimitettavissa | nelivrabil | μη παραδοτέ | غير قابل للتسليم | לא ניתן למסירה | không thể gửi |
    tidak dapat dikirim | 無法投遞 | 未能投递
    """
)
# Notices to a postmaster about what others tried on his server: no message of ours failed.
SERVER_NOTICES = listed(
    """
    postfix smtp server: errors from | postfix smtp client: errors from
    """
)
# Words for mail, without which an undelivered thing may well be a parcel.
MAIL_WORDS = listed(
    """
    mail | message | mensaje | mensagem | messaggio | courriel | correo | correio | nachricht | bericht |
    wiadomo | zpráv | meddeland | meddelelse | viesti | ileti | üzenet | mesaj | письм | сообщен | μήνυμα |
    メール | メッセージ | 邮件 | 郵件 | 메일 | 메시지
    """
)
# What a notice says of a message that did not arrive.
FAILURES = listed(
    """
    could not be delivered | couldn't be delivered | cannot be delivered | can not be delivered |
    can't be delivered | could not deliver | couldn't deliver | cannot deliver | unable to deliver |
    unable to be delivered | able to deliver your message | was not able to deliver | not been delivered |
    not yet been delivered | not have been delivered | was not delivered | wasn't delivered |
    were not delivered | not delivered to |
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
    전송하지 못 | 반송되었 |
    не удается доставить | сбой доставки | сбой при доставке | не вдалося доставити | nie udało się dostarczyć |
    dostarczenie wiadomości do | nepodařilo se doručit | nepodarilo sa doručiť
    """
)
# What announces the addresses that failed.
INTROS = listed(
    """
    following address | following recipient | following list of recipient | following user |
    following destination | following email address | following e-mail address | following person |
    following mailbox | these recipients | these addresses | this recipient | intended recipient |
    recipients were affected | failed recipients | failure reasons | was not delivered to |
    not been delivered to | not be delivered to | not delivered to | delivered to one or more |
    could not be delivered to | one or more recipients | one or more of its recipients |
    one or more of its | you addressed to | email address : | message to: | addresses had |
    your message to | your mail to | sent mail to | your email to | your e-mail to | the message to |
    deliver mail to | deliver message to | deliver to | delivery to | delivering your mail to |
    delivering your message to | delivering to | recipient: | recipients: | recipient(s): | rejected recipient |
    undeliverable to | final delivery userid: | attempts: | addressed to | address: | address is | folgende empfänger |
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

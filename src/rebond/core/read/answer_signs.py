"""Words by which automatic answers are told, as data: challenges, absences, acknowledgements, read receipts."""

from rebond.core.read.phrases import listed

CHALLENGE_HEADERS = listed(
    """
    x-boxbe | x-tmda-confirm | x-spamarrest | x-challenge | x-bluebottle-request | x-asfp-challenge
    """
)
CHALLENGE_SUBJECTS = listed(
    """
    please confirm your message | confirmation required | action required: verify your email |
    (action required) | message verification | sender verification | verify your message |
    verification de votre message | demande d'authentification | authentification requise |
    merci de confirmer votre message
    demande de confirmation d'envoi | confirmez votre message | confirmez l'envoi de votre message |
    bitte bestätigen sie ihre nachricht | bitte bestätigen sie ihre e-mail an | confirme su mensaje |
    confirme el envío |
    conferma il tuo messaggio | confirmação antispam | antispam uol | подтвердите отправку | 请确认您的邮件 |
    please register with choicemail | please authenticate your message
    """
)
CHALLENGES = listed(
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
    to my list of approved senders | list of approved senders | only from senders i have approved |
    register so that your mail can be delivered | please register so that | received but not yet delivered. please |
    to prove that you are not a robot | prove you are not a robot | that you are not a spammer
    prouver que vous n'êtes pas un robot | que vous n'êtes pas un robot | que vous êtes un humain |
    que vous êtes bien une personne | retenu jusqu'à votre confirmation | en attente de votre confirmation |
    en attente d'authentification | pour débloquer votre message | pour libérer votre message |
    expéditeurs autorisés, cliquez
    dass sie kein spammer sind | dass sie kein roboter sind | dass sie ein mensch sind |
    um ihre nachricht freizugeben |
    nachricht wird zurückgehalten, bis
    que usted es una persona | que no es un robot | para liberar su mensaje | su mensaje ha sido retenido
    usa o antispam uol | para liberar sua mensagem | que você não é um robô | sua mensagem foi retida
    di essere una persona | di non essere un robot | per sbloccare il tuo messaggio | per sbloccare il messaggio
    dat u geen robot bent | że nie jesteś robotem | что вы не робот | задержано до подтверждения |
    验证您的身份后投递 |
    证明您不是机器人 | 送信者の確認をお願い | ロボットではないことを
    """
)
# How the subject of an automatic answer begins; nobody else begins so.
AUTO_REPLY_SUBJECTS = listed(
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
    автоматична відповідь | автоматичен отговор | извън офиса съм | аутоматски одговор | автоматски одговор |
    resposta automàtica | erantzun automatikoa | sjálfvirkt svar | automatische abwesenheit |
    automatische e-mail-antwort |
    automatisk fraværssvar | automatický odpoveď | automatyczna wiadomość zwrotna | respuesta de fuera de oficina |
    répondeur automatique | réponse d'absence | notification d'absence | avis d'absence |
    message automatique d'absence |
    notifica di assenza | risposta fuori sede | házon kívüli automatikus | 不在時の自動応答 | 外出时的自动答复 |
    郵件答錄機 | 自动应答 | 自動應答 | 부재 중 자동 | 부재중 응답 | מענה אוטומטי | תשובה אוטומטית | ตอบกลับอัตโนมัติ |
    การตอบกลับอัตโนมัติ | پاسخ خودکار | الرد التلقائي | स्वचालित उत्तर | balasan automatik | thư trả lời tự động
    """
)
# How one may begin, if something else speaks for it too.
ABSENCE_SUBJECTS = listed(
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
    absence | absent | congé | vacances | en vacances | fermeture annuelle | changement d'adresse |
    nouvelle adresse mail |
    adresse désactivée | je suis absent | accusé de réception | vacation | no longer with | no longer at | has left |
    betriebsferien | betriebsurlaub | elternzeit | mutterschutz | eingangsbestätigung | nicht im hause |
    nicht erreichbar |
    vacaciones | estoy de vacaciones | baja médica | acuse de recibo | no estoy en la oficina | assente | in vacanza |
    chiusura estiva | ferie | férias | estou de férias | de férias | ausência | met vakantie | op vakantie |
    vakantie |
    niet op kantoor | urlop | na urlopie | dovolen | semester | tjänstledig | föräldraledig | barsel |
    permisjon |
    ute av kontoret | vuosiloma | loma: | poissa: | отпуск | в отпуску | в командировке | ваше письмо получено |
    ваше обращение | відпустк | yıllık izin | yıllık iznim | szabadság | concediu | εκτός γραφείου | απουσία |
    不在 | 夏季休業 | 年末年始 | 休業 | お休み | 出張 | メールアドレス変更 | アドレス変更 | 退職 | 出差 |
    不在辦公室 |
    离职 | 출장 | 휴가 | חופשה | إجازة
    """
)
AUTO_REPLY_ANYWHERE = listed(
    """
    out of office | out of the office | automatic reply | auto-reply | autoreply | réponse automatique |
    automatische antwort | abwesenheitsnotiz | respuesta automática | risposta automatica |
    automatisch antwoord | resposta automática | automatyczna odpowiedź | automatiskt svar | autosvar |
    автоответ | 自動応答 | 自動返信 | 自动回复 | 자동 회신 | otomatik yanıt |
    automatiska atbilde | automātiskā atbilde
    """
)
# What an absent person's machine says.
ABSENCES = listed(
    """
    out of the office | out of office | away from the office | away from my office | away from my desk |
    currently away | on vacation | on holiday | annual leave | maternity leave | on leave | i am away |
    i will be away | i'm away | limited access to email | limited access to e-mail |
    limited access to my email | no access to email | no longer work | no longer with |
    has left the company | will respond to you upon | when i return | upon my return | automatic reply |
    automated response | auto-generated response | autoresponder | je suis absent | je serai absent |
    actuellement absent | de retour le | en congés | en congé | absent du bureau | réponse automatique |
    bin ich nicht | ich bin nicht | nicht im büro | abwesend | nicht erreichbar |
    fuera de la oficina | estoy de vacaciones | estaré ausente | fuori ufficio | sono assente |
    sarò assente | in ferie | niet aanwezig | ben ik afwezig | afwezig | fora do escritório |
    estarei ausente | de férias | jestem nieobecn | poza biurem | na urlopie | mimo kancelář |
    nejsem přítom | på semester | inte på kontoret | frånvarande | på ferie | ikke på kontoret |
    fraværende | poissa toimistosta | lomalla | в отпуске | отсутствую |
    нет на рабочем месте | 不在にし | 休暇 | 不在です | 不在办公室 | 休假 | 外出 |
    부재중 | 휴가 | 자리를 비 | ofis dışında | izindeyim | izinde
    this is an automatic | this is an automated response | this is an automated reply | no longer employed |
    no longer at this company | is no longer working | on parental leave | out of town | limited email access |
    ne travaille plus | ne travaillons plus | n'est plus en poste | n'est plus joignable | ne fait plus partie |
    ne fais plus partie | ai quitté la société | ai quitté l'entreprise | a quitté la société |
    a quitté l'entreprise |
    a quitté ses fonctions | absent(e) | suis absente | serai absente | actuellement absente | absent jusqu |
    absente jusqu |
    je suis en vacances | en vacances jusqu | en déplacement | à mon retour | dès mon retour | congé maternité |
    congé parental | arrêt maladie | message automatique | accès limité à ma messagerie | n'est plus relevée |
    n'est plus consultée | fermeture annuelle | fermés pour congés | adresse e-mail a changé | adresse mail a changé |
    changé d'adresse
    im urlaub | in urlaub | außer haus | ausser haus | nicht im hause | nicht im haus | wieder erreichbar |
    wieder im büro |
    elternzeit | mutterschutz | betriebsferien | betriebsurlaub | automatische antwort | automatische nachricht |
    automatisch generiert | automatisch erstellt | automatisch erzeugt | nicht mehr im unternehmen | nicht mehr für |
    nicht mehr bei uns | wird nicht weitergeleitet
    de vacaciones | fuera de oficina | respuesta automática | mensaje automático | me encuentro ausente |
    estoy ausente | ya no trabaja | baja médica | a mi regreso | a mi vuelta
    fuori sede | in vacanza | risposta automatica | messaggio automatico | non lavora più | rientrerò |
    al mio rientro |
    al mio ritorno | chiusura estiva
    em férias | estou ausente | resposta automática | mensagem automática | já não trabalha | não trabalha mais |
    não faz mais parte
    met vakantie | op vakantie | niet op kantoor | automatisch bericht | automatisch antwoord | niet meer werkzaam |
    niet meer in dienst
    przebywam na urlopie | jestem na urlopie | nieobecn | automatyczna odpowiedź | wiadomość automatyczna |
    nie pracuje
    dovolen | mimo kancelárie | automatická odpov | automatická zpráva | nejsem v kanceláři | nepracuje | nepřítom
    semester | är åter | automatiskt svar | föräldraledig | arbetar inte längre | jobbar inte längre | tjänstledig
    holder ferie | har ferie | autosvar | automatisk svar | arbejder ikke længere | barsel
    ute av kontoret | jobber ikke lenger | avvikler ferie | permisjon
    poissa | vuosiloma | automaattinen vastaus | en ole paikalla | ei työskentele enää
    отпуск | автоматический ответ | автоматически сгенерирован | автоматическое сообщение | автоответ | командировк |
    больше не работа | не отвечайте на это письмо | відпуст | відсутн | автоматична відповідь | автоматичен отговор |
    извън офиса
    不在 | 自動返信 | 自動応答 | 自動で送信 | 自動送信 | 自動的に送信 | 自動配信 | 休業 | お休み | 出張 | 退職 |
    産休 | 育休
    自动回复 | 自動回覆 | 自动答复 | 自動答覆 | 自动发送 | 出差 | 度假 | 离职 | 離職 | 不在公司 | 不在辦公室
    출장 | 자동 응답 | 자동응답 | 자동 회신 | 자동회신 | 자동으로 발송 | 퇴사 | 육아휴직
    yıllık iz | ofis dışı | otomatik yanıt | otomatik cevap | otomatik bir | artık çalışm
    szabadság | irodán kívül | automatikus válasz | nem vagyok az irodában | concediu | nu sunt la birou |
    răspuns automat
    εκτός γραφείου | αυτόματη απάντηση | απουσιάζω | na dopustu | odsoten | odsotna | godišnjem odmoru |
    automatski odgovor
    fora de l'oficina | de vacances | خارج المكتب | إجازة | מחוץ למשרד | חופשה | อัตโนมัติ | nghỉ phép
    """
)
ACKNOWLEDGEMENTS = listed(
    """
    thank you for your e-mail | thank you for your email | thank you for you e-mail |
    thank you for your message | thank you for contacting | thanks for your email | thanks for contacting |
    we have received your | has been received | will reply as soon as possible | will endeavour to reply |
    merci pour votre message | merci de votre message | nous avons bien reçu | vielen dank für ihre |
    gracias por su mensaje | gracias por contactar | grazie per averci | bedankt voor uw |
    obrigado pelo seu | dziękujemy za | お問い合わせいただき
    your request has been received | we received your request | we have received the | ticket has been created
    bien été pris en compte | bien été prise en compte | bien été enregistré | avons bien pris | accusons réception |
    a bien été reçu | avons bien reçu | vous répondrons dans | merci de votre intérêt pour | merci d'avoir contacté
    bei uns eingegangen | haben ihre nachricht erhalten | haben ihre anfrage erhalten | danke für ihre nachricht |
    danke für ihre e-mail | vielen dank für deine
    hemos recibido su | hemos recibido tu | gracias por tu mensaje | gracias por escribir | gracias por ponerse
    abbiamo ricevuto | grazie per aver | we hebben uw | dank voor uw | recebemos sua | recebemos a sua |
    recebemos o seu |
    obrigado por | obrigada por | otrzymaliśmy | dziękujemy | děkujeme za | obdrželi jsme | tack för ditt |
    vi har tagit emot |
    tak for din | vi har modtaget | takk for din | vi har mottatt | kiitos viestist | olemme vastaanottaneet |
    ваше письмо получено | получили ваше | спасибо за ваше | спасибо за обращение | обращение зарегистрировано |
    お問い合わせありがとう | お問い合わせを受け付け | 受け付けました | ありがとうございます | 已收到您的 |
    来信已收到 | 邮件已收到 |
    我们已收到 | 您的来信 | 您的來信 | 已收到您 | 문의해 주셔서 | 접수되었습니다 | 메일을 잘 받 | teşekkür ederiz |
    mesajınız alınmıştır |
    köszönjük | mulțumim pentru | ευχαριστούμε για
    """
)
# What a machine alone says of its own mail, in its first words.
DECLARATIONS = listed(
    """
    this is an automatic reply | this is an automated reply | this is an automatic response |
    this is an automated response | this is an auto-reply | this is an auto-generated reply | this is an autoreply |
    this is an automated out of office | ceci est une réponse automatique | ce message est une réponse automatique |
    ceci est un message d'absence automatique | dies ist eine automatische antwort |
    dies ist eine automatisch generierte antwort | das ist eine automatische antwort |
    esta es una respuesta automática | este es un mensaje de respuesta automática | questa è una risposta automatica |
    dit is een automatisch antwoord | dit is een automatische reactie | esta é uma resposta automática |
    to jest automatyczna odpowiedź | toto je automatická odpověď | toto je automatická odpoveď |
    detta är ett automatiskt svar | dette er et automatisk svar | tämä on automaattinen vastaus |
    это автоматический ответ | це автоматична відповідь | このメールは自動返信 | 本メールは自動返信 | これは自動返信 |
    自動返信メールです | 这是一封自动回复 | 这是自动回复 | 此邮件为自动回复 | 本邮件为自动回复 | 這是自動回覆 |
    이 메일은 자동 회신 | 자동 회신 메일입니다 | 자동응답 메일입니다 | bu otomatik bir yanıttır |
    bu bir otomatik yanıttır |
    ez egy automatikus válasz | acesta este un răspuns automat
    """
)
# Read receipts that come without a report part: how the subject begins, and what the text must say as well.
RECEIPT_SUBJECTS = listed(
    """
    read: | not read: | return receipt | read receipt | lu : | lu: | non lu : | non lu: | accusé de lecture |
    accusé de réception (affiché) | gelesen: | ungelesen: | nicht gelesen: | lesebestätigung | empfangsbestätigung |
    leído: | no leído: | confirmación de lectura | acuse de recibo | letto: | non letto: | conferma di lettura |
    ricevuta di ritorno | gelezen: | niet gelezen: | leesbevestiging | ontvangstbevestiging | lida: | lido: |
    não lida: |
    não lido: | confirmação de leitura | recibo de leitura | przeczytano: | nie przeczytano: |
    potwierdzenie przeczytania |
    přečteno: | nepřečteno: | potvrzení o přečtení | prečítané: | läst: | oläst: | läskvitto | læst: | ikke læst: |
    lest: |
    ulest: | lesebekreftelse | luettu: | ei luettu: | lukukuittaus | прочтено: | прочитано: | не прочтено: |
    уведомление о прочтении | 開封済み | 開封確認 | 開封通知 | 已读 | 已讀 | 未读 | 读取: | 讀取: | 읽음: |
    읽지 않음: |
    수신 확인 | okundu: | okunmadı: | olvasott: | elolvasva: | citit: | αναγνώστηκε: | διαβάστηκε:
    """
)
RECEIPTS = listed(
    """
    was read on | was read at | was read: | was deleted without being read | deleted without being read |
    this is a return receipt for the mail | this is a receipt for the mail you sent | was displayed on |
    message was displayed | a été lu | supprimé sans être lu | ceci est un accusé de réception pour le |
    message a été affiché | wurde gelesen | gelesen. | ungelesen gelöscht | ohne gelesen zu werden gelöscht |
    ohne dass sie gelesen wurde | bestätigung für eine e-mail | dies ist eine empfangsbestätigung | fue leído |
    ha sido leído | se leyó | eliminado sin ser leído | eliminado sin leer | esto es un acuse de recibo |
    è stato letto | eliminato senza essere letto | questa è una ricevuta di ritorno | is gelezen | werd gelezen |
    zonder te zijn gelezen | zonder gelezen te zijn | dit is een ontvangstbevestiging | foi lida | foi lido |
    excluída sem ser lida | eliminada sem ser lida | este é um recibo de leitura | została przeczytana |
    usunięta bez przeczytania | została usunięta bez | byla přečtena | odstraněna bez přečtení | bola prečítaná |
    lästes | har lästs | blev læst | blev slettet uden at blive læst | er blevet læst | ble lest | er lest |
    slettet uten å bli lest | on luettu | luettiin | poistettiin lukematta | прочтено | прочитано |
    удалено без прочтения |
    に開封されました | が開封されました | に開封済み | 開封確認です | 開封されずに削除 | 阅读。 | 被阅读 | 已阅读 |
    閱讀。 | 已閱讀 | 未阅读即删除 | 未经阅读即被删除 |
    읽었습니다 | 읽혔습니다 | 읽지 않고 삭제 | okundu | okunmadan silindi | elolvasták | elolvasta | a fost citit |
    διαβάστηκε | αναγνώστηκε
    """
)

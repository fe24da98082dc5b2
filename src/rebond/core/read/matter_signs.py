"""Words by which mail of other matters, alike to a bounce as it is, is told from one: language by language, as data."""

from rebond.core.read.phrases import listed


def _any_of(table: str) -> str:
    return "|".join(listed(table))


# What is delivered but is no mail; without a word of mail in its sentence. Patterns of whole words.
THINGS = _any_of(
    """
    parcels? | packages? | shipments? | (?<!in )orders?(?! to) | goods | items? | payments? | cards? |
    meeting request | invitations? | friend request | profile |
    colis | paquet | commande | envoi postal | virement | chèque | carte | paiement | abonnement |
    paket | päckchen | sendung | lieferung | bestellung | überweisung | karte | zahlung | einladung |
    freundschaftsanfrage |
    paquete | pedido | envío | tarjeta | pago | invitación | solicitud de amistad |
    pacco | ordine | spedizione | carta | bonifico | pagamento | invito | richiesta di amicizia |
    encomendas? | mercadoria | pakket(?:je)? | bestelling | zending | betaling |
    przesyłk\\w+ | paczk\\w+ | zamówieni\\w+ | zásilk\\w+ | balík\\w* | objednávk\\w+ | zásielk\\w+ |
    pake(?:t|tet|tets)? | försändelse\\w* | beställning\\w* | pakken? | forsendelse\\w* | bestilling\\w* | paketti\\w* |
    lähetyksen? toimitus | tilauks\\w+ | csomag\\w* | rendelés\\w* | colet\\w* | comanda | kargo\\w* | sipariş\\w* |
    посылк\\w+ | заказ\\w* | бандерол\\w+ | посилк\\w+ | замовлен\\w+ | пратка\\w* | δέμα\\w* | παραγγελία\\w* |
    bưu kiện | đơn hàng | paketnya | pesanan
    """
)
SPACELESS_THINGS = _any_of(
    """
    荷物 | 小包 | 宅配 | ご注文 | 商品 |
    包裹 | 快递 | 快件 | 快遞 | 订单 | 訂單 | 货物 | 貨物 |
    택배 | 소포 | 주문
    """
)
# What only helpdesks, monitors, newsletters, lists and reports of a campaign write about.
MATTERS = _any_of(
    """
    ticket: | ticket (?:has|was|wurde|für|a été) | (?:your|a new|votre|ihr|el|su|il) ticket |
    case number | case #?\\d+ | your request has been | request received |
    votre demande | demande n° ?\\d+ | vorgangsnummer | ihre anfrage | su solicitud | número de caso |
    la sua richiesta | la tua richiesta |
    alert: | this alert | state: critical | mail queue | queue of | alerte : | alerte: | état : critique |
    file d'attente de | alarm: | status: kritisch | warteschlange: | alerta: | estado: crítico | cola de correo |
    allarme: | stato: critico | coda di posta |
    dear readers? | in this issue | this week | unsubscribe here | view in your browser | chers lecteurs |
    cher lecteur | cette semaine | se désinscrire | liebe leser | liebe leserin | diese woche | in dieser ausgabe |
    estimado lector | esta semana | darse de baja | cari lettori | caro lettore | questa settimana | disiscriviti |
    members of the list | members? of this list | list owners | abonnés de la liste | abonnenten der liste |
    suscriptores de la lista | iscritti alla lista |
    your campaign | your mailing | votre campagne | ihre kampagne | su campaña | la sua campagna |
    our blog | im blog | notre blog | nuestro blog | nostro blog | nagios | cron job |
    test message | testnachricht | message de test | mensaje de prueba |
    messaggio di prova |
    chamado n[ºo°]? ?\\d+ | seu chamado | a sua solicitação | esta semana | cancelar a inscrição | ver no navegador |
    uw aanvraag | deze week | uitschrijven | afmelden voor | bekijk in uw browser |
    zgłoszenie nr | twoje zgłoszenie | w tym tygodniu | wypisz się | zobacz w przeglądarce |
    ваша заявка | номер заявки | на этой неделе | отписаться | открыть в браузере | ваш запрос |
    ditt ärende | denna vecka | avsluta prenumerationen | din sag | afmeld | din henvendelse | avmeld |
    talebiniz | bu hafta | aboneliği iptal | váš požadavek | tento týden | odhlásit odběr |
    delivered:? \\d+ | \\d+ delivered | \\d+ délivrés | \\d+ zugestellt | \\d+ entregados | \\d+ consegnati
    """
)
SPACELESS_MATTERS = _any_of(
    """
    お問い合わせ番号 | 今週 | 配信停止はこちら |
    退订 | 取消订阅 | 取消訂閱 | 本周 | 工单 |
    구독 취소 | 문의 번호 | 이번 주
    """
)
# Several mails at once: a summary. No return speaks of another message than the one that came back.
SEVERAL = _any_of(
    """
    \\d+ (?:e-?mails|messages|mails|courriels|nachrichten|mensajes|correos|messaggi) |
    (?:the following|these) (?:e-?mails|messages|mails) (?:have|could|are|were(?! returned by)) |
    (?:messages|courriels) suivants (?:ont|n'ont) | (?:les|ces) (?:messages|courriels) (?:ont|n'ont) |
    (?:folgende|diese) (?:e-?mails|mails|nachrichten) (?:wurden|konnten) |
    (?:los siguientes|estos) (?:mensajes|correos) (?:fueron|no|han|están) |
    (?:i seguenti|questi) messaggi (?:sono|non)
    """
)
# The titles of the summaries that a mail system itself writes; its statistics.
SUMMARIES = _any_of(
    """
    pflogsumm | logwatch | log summar(?:y|ies) | grand totals | statistics | quarantine (?:summary|digest|report) |
    your quarantine | votre quarantaine | ihre quarantäne | su cuarentena | la sua quarantena |
    statistiques | rapport de quarantaine | statistik | quarantänebericht | estadísticas | informe de cuarentena |
    statistiche | riepilogo della quarantena
    """
)
# What makes a sentence one of what may happen, or always does.
CONDITIONS = _any_of(
    """
    if | when (?:your|a|an|mail|messages?) | whenever | wenn | falls | si (?:un|le|votre|vous|su|el|usted) |
    lorsque (?:votre|un|le) | quand (?:votre|un|le) | cuando (?:su|un|el) | se (?:un|uma|il|i) |
    quando (?:un|uma|il|o) | qualora
    """
)
HABITS = _any_of(
    """
    (?:messages|mails?|emails|e-mails|addresses) (?:that|which) (?:cannot|could not|can not) | email that could not be |
    will (?:not )?be (?:rejected|refused|returned|blocked|delivered|removed) |
    (?:sera|seront) (?:refusé|rejeté|retourné|bloqué)e?s? | qui ne peu(?:t|vent) pas |
    werden abgewiesen | werden abgelehnt | werden zurückgewiesen | nicht zugestellt werden können |
    mails, die nicht | nachrichten, die nicht |
    ser(?:á|án) (?:rechazad|devuelt|bloquead)[oa]s? | que no se puedan? | que no se pueden |
    sar(?:à|anno) (?:rifiutat|respint|restituit)[oaie] | che non possono essere | che non può essere |
    means (?:that )?(?:the|a) | (?<!the )(?<!this )mail is (?:not delivered|returned|rejected) |
    werden keine (?:nachrichten|mails) |
    aucun message n'est
    """
)
# What makes it one of what was done.
DONE = r"\b(?:was|were|has been|have been|wurden?|a été|ont été|fue|ha sido|è stato|sono stati)\b"
# A mail of the writer's own, of which a person tells.
WRITERS_MAIL = (
    r"\b(?:my|meine?|mon|mes|mi|mis|il mio|i miei) (?:e-?mails?|mails?|messages?|nachricht|courriels?|correos?"
    r"|mensajes?|messaggi[oi]?)\b"
)
# A mail that is none in particular; the words by which it is yet the reader's, and those for a mail of the reader's.
ANY_MAIL = r"\b(?:a|an|un|une|eine|einer|una) (?:e-?mail|message|nachricht|mail|courriel|correo|mensaje|messaggio)\b"
ANOTHERS_MAIL = ANY_MAIL + r" (?:that |from |von |de |di )[^\s@]{1,128}@([^\s@]{1,200})"
READERS = r"\b(?:you|your|vous|votre|sie|ihre|ihnen|ihrer|usted|su|sus|suo|sua|lei|tuo|tua)\b"
READERS_MAIL = (
    r"\b(?:your|votre|vos|ihre|ihrer|su|suo|sua|tuo|uw|a sua) (?:e-?mail|mail|message|courriel|courrier|nachricht"
    r"|correo|mensaje|messaggio|mensagem|bericht)\b"
)

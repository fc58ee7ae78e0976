import type { PictureKind } from "#core/items/picture-kind.ts";
import { wordPattern as words } from "#text/facts/any-word.ts";
import type { FactKind } from "#text/facts/fact.ts";
import type { Layout } from "./layout.ts";

/** Evidence for a kind, or with a negative weight against it. */
export type Rule = { weight: number } & (
	| { words: RegExp }
	| { facts: FactKind[]; min?: number }
	| { layout: (layout: Layout) => boolean }
);

/** A kind that is described by its text. */
export type TextKind = Exclude<PictureKind, "photo" | "unknown">;

const paidBy = words(
	"visa|mastercard|amex|maestro|debit|credit|contactless|cash|change|card|auth|approved",
	"kartenzahlung|girocard|ec-karte|bar|ruckgeld|gegeben|cb|carte bancaire|sans contact|especes|rendu",
	"efectivo|tarjeta|cambio|entregado|contanti|bancomat|お預り|お預かり|お釣り|現金|微信支付|支付宝|找零",
);
const prices = ({ priceRows }: Layout) => priceRows;

export const rules: Record<TextKind, Rule[]> = {
	receipt: [
		{
			weight: 2,
			words: words(
				"receipt|till|cashier|checkout|server|check #\\S+|bon(?:-?nr)?|kassenbon|beleg|quittung|kasse|es bediente|ticket de caisse|ticket n°|recu|recibo|ticket|factura simplificada|scontrino|kassabon",
				"領収書?|領収証|レシート|小票|收据|收銀",
			),
		},
		{ weight: 1.5, facts: ["total"] },
		{ weight: 1, layout: (layout) => prices(layout) >= 2 },
		{ weight: 1, layout: (layout) => prices(layout) >= 4 },
		{ weight: 1, facts: ["tax"] },
		{ weight: 1.5, words: paidBy },
		{
			weight: 1,
			words: words(
				"thank(?:s| you)(?: for| from)?|come again|vielen dank(?: fur)?|besuchen sie uns|merci|a bientot|gracias|grazie",
				"ありがとう|またのご来店|谢谢|欢迎",
			),
		},
		{ weight: 0.5, words: words("sub-?\\s?total|zwischensumme|sous-?total|小計|小计|items?|artikel|vat|mwst|tva|iva") },
		{ weight: -2, facts: ["due_date"] },
		{ weight: -2, facts: ["invoice_number"] },
		{ weight: -1.5, facts: ["seat", "flight_number", "tracking_number", "gate"] },
		{ weight: -2, layout: ({ hasTwoSides, stamps }) => hasTwoSides && stamps >= 2 },
	],
	invoice: [
		{
			weight: 3,
			words: words(
				"invoice|tax invoice|rechnung|zahlungserinnerung|mahnung|facture|avoir|factura|fattura|factuur|faktura|statement of account|bill",
				"請求書|发票|發票|账单|帳單",
			),
		},
		{ weight: 1, facts: ["invoice_number"] },
		{ weight: 1.5, facts: ["due_date"] },
		{ weight: 1, facts: ["iban"] },
		{ weight: 1, facts: ["total"] },
		{
			weight: 0.5,
			words: words(
				"bill(?:ing)? date|bill to|issued|customer number|account number|kundennummer|zahlbar|uberweisen|date de facture|echeance|vencimiento|fecha de emision|net(?:to)?betrag|amount due|balance due",
			),
		},
		{ weight: -2, words: paidBy },
		{ weight: -1.5, words: words("factura simplificada|tisch|table|operator|tip|bon") },
		{ weight: -2, facts: ["seat", "flight_number", "tracking_number"] },
	],
	ticket: [
		{
			weight: 2.5,
			words: words(
				"(?:e-?|online-?)?tickets?(?: number| no)?|admit one|advance single|railcard|fahrkarte|eintrittskarte|fahrschein|billet(?: de train)?|entrada|boleto|biglietto|bilet",
				"乗車券|特急券|入場券|チケット|车票|门票|電影票|检票",
			),
		},
		{ weight: 1.5, facts: ["seat"] },
		{ weight: 1, facts: ["platform"] },
		{
			weight: 1,
			words: words(
				"coach|carriage|row|block|stalls|balcony|circle|wagen|reihe|block|rang|parkett|voiture|rang|fila|sala|coche|vagon|carrozza|screen|zone|standing|2nd class|2e classe|1re classe|2\\. klasse",
				"号車|\\d車|车|二等座|一等座|号厅",
			),
		},
		{ weight: 0.5, facts: ["total"] },
		{
			weight: 1,
			words: words(
				"valid(?: on| only| for)?|doors|gultig|gilt|einlass|einlaß|erwachsener?|adults?|valable|voyageurs?|conserve esta|adulto|no refunds?|non-?refundable",
				"限乘|有効|当日",
			),
		},
		{
			weight: 1,
			words: words(
				"(?:dep|departs?|departure|arr|ab|an|depart|arrivee?|salida|llegada)\\.?(?= ?\\d)|hbf|ice \\d+|tgv \\d+|train|zug|station|gare|tren",
				"発|着|次列车|开$|次|站",
			),
		},
		{ weight: 0.5, facts: ["date"] },
		{ weight: 0.5, facts: ["booking_code", "order_number"] },
		{ weight: -3, words: words("boarding pass|bordkarte|carte d'embarquement|tarjeta de embarque|搭乗券|登机牌") },
		{ weight: -2, facts: ["flight_number", "tracking_number"] },
		{ weight: -2, facts: ["tax"] },
		{ weight: -1.5, layout: (layout) => prices(layout) >= 3 },
	],
	boarding_pass: [
		{
			weight: 4,
			words: words(
				"boarding pass|bordkarte|carte d'embarquement|tarjeta de embarque|carta d'imbarco|instapkaart",
				"搭乗券|登机牌",
			),
		},
		{
			weight: 1.5,
			words: words(
				"boarding(?: time| group)?|embarquement|embarque|imbarco|departs?|hand baggage|sequence|priority|group \\d",
				"搭乗口|搭乗|登机",
			),
		},
		{ weight: 2, facts: ["flight_number"] },
		{ weight: 1, facts: ["seat"] },
		{ weight: 1, facts: ["gate"] },
		{ weight: 1, layout: ({ airports }) => airports >= 1 },
		{ weight: -2, facts: ["tracking_number", "tax"] },
	],
	chat: [
		{
			weight: 2,
			words: words(
				"type a message|write a message|message #\\S+|imessage|text message|send a message|nachricht(?: schreiben)?|ecrire un message|escribe un mensaje|scrivi un messaggio|メッセージを入力|发送消息|aa",
			),
		},
		{
			weight: 1.5,
			words: words(
				"online|last seen(?: today)?|typing|zuletzt online|en linea|en ligne|vu a \\d\\d:\\d\\d|active (?:now|\\d+m ago)|delivered|forwarded|既読|已读|在线",
			),
		},
		{ weight: 1.5, layout: ({ endsInInputField }) => endsInInputField },
		{ weight: 2.5, layout: ({ hasTwoSides }) => hasTwoSides },
		{ weight: 2, layout: ({ stamps }) => stamps >= 2 },
		{ weight: 0.5, layout: ({ stamps }) => stamps >= 4 },
		{
			weight: 3,
			layout: ({ plain }) => (plain.match(/^[\p{L}.' -]{2,30},?\s+\d{1,2}:\d{2}(?: ?[ap]m)?$/gmu)?.length ?? 0) >= 2,
		},
		{ weight: 1, layout: ({ plain }) => (plain.match(/[?？!！]$/gmu)?.length ?? 0) >= 1 && plain.length < 2_000 },
		{ weight: 0.5, words: words("you|du|vous|tu|moi") },
		{ weight: -2, facts: ["total", "tracking_number", "flight_number", "tax"] },
		{ weight: -2, layout: (layout) => prices(layout) >= 2 },
	],
	code: [
		{ weight: 3, layout: ({ codeShare }) => codeShare >= 0.3 },
		{ weight: 1, layout: ({ codeShare, lineCount }) => codeShare >= 0.5 && lineCount >= 3 },
		{ weight: 4, layout: ({ prompts }) => prompts >= 1 },
		{ weight: 1, layout: ({ prompts }) => prompts >= 2 },
		{ weight: -2.5, layout: ({ stackLines }) => stackLines >= 2 },
	],
	error: [
		{
			weight: 2.5,
			words: words(
				"error(?: code)?|exception|traceback|fatal|panic|failed|failure|denied|went wrong|couldn't|could not|cannot|can't|unable to|not found|crashed|unavailable|timed out|try again",
				"fehler\\p{L}*|nicht gefunden|fehlgeschlagen|abgesturzt|konnte nicht|erreur|echec|echoue|refuse|introuvable|error|problema|fallo|no se pudo|errore",
				"エラー|失敗|問題が発生|错误|失败|出错|无法",
			),
		},
		{
			weight: 1.5,
			words: words(
				"(?:error|fehler|stop)-?\\s?code|code d'erreur|codigo de (?:error|detencion)|went wrong|traceback|unhandled|エラーコード|错误代码",
			),
		},
		{ weight: 2, layout: ({ stackLines }) => stackLines >= 2 },
		{ weight: 1, layout: ({ stackLines }) => stackLines >= 1 },
		{
			weight: 1,
			words: words(
				"ok|abbrechen|cancel|retry|try again|dismiss|close|reessayer|reintentar|wiederholen|schliessen|再試行|重试|reload|restart|reiniciar\\p{L}*",
			),
		},
		{ weight: 1, layout: ({ lineCount }) => lineCount <= 8 },
		{ weight: -2, facts: ["total", "tracking_number", "flight_number"] },
		{ weight: -2, layout: ({ hasTwoSides, stamps }) => hasTwoSides || stamps >= 2 },
		{ weight: -1.5, layout: ({ lineCount, lettersPerLine }) => lineCount > 12 && lettersPerLine > 25 },
	],
	recipe: [
		{ weight: 2.5, words: words("ingredients?|zutaten|ingredienti|ingrediente?s?|ingredienser", "材料|食材|用料") },
		{
			weight: 1.5,
			words: words(
				"method|directions|instructions|preparation|prep(?: time)?|zubereitung|elaboracion|preparacion|preparazione|bereiding",
				"作り方|做法|步骤",
			),
		},
		{ weight: 1.5, layout: ({ measures }) => measures >= 2 },
		{ weight: 1, layout: ({ measures }) => measures >= 4 },
		{
			weight: 1.5,
			words: words(
				"preheat|bake|simmer|stir|chopp?(?:ed)?|mash(?:ed)?|whisk|fry|boil|season|serves|pour|backen|kneten|kochen|ruhren|belegen|schneiden|mijoter|melanger|coupez|faites|cuisson|triturar|trocear|hornear|mezclar|cocer",
				"煮|炒|切|焼|混ぜ|人分",
			),
		},
		{ weight: 0.5, words: words("oven|ofen|four|horno|forno|tbsp|tsp|el|tl|\\d+ ?°c?") },
		{ weight: -2, facts: ["total", "tax"] },
	],
	event: [
		{ weight: 1.5, facts: ["date"] },
		{ weight: 1, facts: ["time"] },
		{
			weight: 1,
			words: words(
				"(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miercoles|jueves|viernes|sabado|domingo|(?:mon|tue|wed|thu|fri|sat|sun)(?= \\d)",
				"[月火水木金土日]曜|\\([月火水木金土日]\\)|周[一二三四五六日]|星期",
			),
		},
		{
			weight: 2,
			words: words(
				"live|concert|festival|fair|market|exhibition|workshop|conference|meetup|party|wedding|birthday|seminar|webinar|lecture|open day|opening|premiere|jazz|night|quiz|planning|meeting",
				"fest|stadtfest|konzert|flohmarkt|ausstellung|einladung|vortrag|elternabend|party|vernissage|exposition|soiree|fete|atelier|spectacle|nos casamos|boda|fiesta|feria|concierto|exposicion|taller|evento|mostra",
				"祭り|花火|展覧会|展示|講座|セミナー|ライブ|コンサート|音乐会|讲座|活动|展览|婚礼",
			),
		},
		{
			weight: 2,
			words: words(
				"entry|free entry|admission|tickets (?:at|from)|doors|rsvp|join (?:us|meeting)|invited?|invitation|save the date|organi[sz]er|where|when|going|venue|stalls",
				"eintritt(?: frei)?|beginn|einlass|anmeldung|veranstalter|marktplatz|entree (?:libre|gratuite)|a partir de|invitation|entrada (?:libre|gratuita)|os invitamos|confirmar asistencia|lugar|ingresso",
				"開催|会場|場所|日時|入場|お知らせ|时间|地点|主办|雨天",
			),
		},
		{ weight: -2, facts: ["total", "tax", "tracking_number", "flight_number", "invoice_number"] },
		{ weight: -2, facts: ["seat"] },
		{ weight: -2, layout: ({ blanks, tickBoxes }) => blanks + tickBoxes >= 3 },
		{ weight: -2.5, layout: ({ stamps, hasTwoSides }) => stamps >= 2 || hasTwoSides },
	],
	parcel: [
		{
			weight: 2,
			words: words(
				"parcel|package|shipment|courier|out for delivery|sendung\\p{L}*|paket\\p{L}*|colis|paquete|envio|pacco|zending",
				"お荷物|荷物|宅急便|宅配|快递|包裹|快件",
			),
		},
		{ weight: 2.5, facts: ["tracking_number"] },
		{
			weight: 1.5,
			words: words(
				"deliver(?:y|ed)?|expected delivery|arriving|track your|ready to collect|pickup code|collect|shipped|dispatched|on its way|left near",
				"zustellung|lieferung|geliefert|unterwegs|versandt|livraison|livre|expedie|suivi|entrega|en camino|repartidor|consegna",
				"お届け|配達|送り状|派送|已到达|取件码|驿站|签收|运单",
			),
		},
		{
			weight: 1,
			words: words(
				"ups|dhl|fedex|usps|royal mail|dpd|gls|hermes|evri|colissimo|chronopost|correos|seur|postnl|poste italiane|amazon|deutsche post",
				"ヤマト|佐川|日本郵便|顺丰|圆通|中通|韵达",
			),
		},
		{ weight: 0.5, facts: ["order_number"] },
		{ weight: -2, facts: ["tax", "flight_number", "seat"] },
		{ weight: -2, layout: ({ hasTwoSides, stamps }) => hasTwoSides && stamps >= 2 },
		{ weight: -1.5, layout: (layout) => prices(layout) >= 3 },
	],
	contact: [
		{ weight: 2, facts: ["phone"] },
		{ weight: 1, facts: ["phone"], min: 2 },
		{ weight: 1.5, facts: ["email"] },
		{ weight: 0.5, facts: ["url"] },
		{
			weight: 1.5,
			words: words(
				"director|manager|engineer|architect|designer|consultant|founder|ceo|cto|partner|lawyer|solicitor|dentist|photographer|senior|plumber|electrician|electrical|approved|sales",
				"facharzt|arzt|rechtsanwalt|anwaltin|geschaftsfuhrer(?:in)?|berater(?:in)?|leiter(?:in)?|graphiste|avocate?|directrice|directeur|medecin|independante?|abogad[oa]|ingenier[oa]|director[a]?|gerente",
				"株式会社|有限会社|部長|課長|営業部|代表取締役|有限公司|经理|工程师",
			),
		},
		{ weight: 1, layout: ({ lineCount }) => lineCount <= 12 },
		{ weight: -3, facts: ["total", "tax", "tracking_number", "invoice_number", "flight_number", "seat"] },
		{ weight: -2, facts: ["date"] },
		{ weight: -3, layout: ({ hasTwoSides, stamps }) => hasTwoSides || stamps >= 2 },
		{ weight: -2, layout: ({ blanks, tickBoxes }) => blanks + tickBoxes >= 2 },
		{ weight: -2, layout: (layout) => prices(layout) >= 2 },
	],
	form: [
		{ weight: 2.5, layout: ({ blanks }) => blanks >= 2 },
		{ weight: 1, layout: ({ blanks }) => blanks >= 4 },
		{ weight: 1, layout: ({ tickBoxes }) => tickBoxes >= 2 },
		{
			weight: 2,
			words: words(
				"form|registration form|application(?: form)?|permission slip|questionnaire|antrag|formular|anmeldeformular|fragebogen|formulaire|demande|solicitud|formulario|inscripcion|modulo",
				"申請書|申込書|申请表|登记表|届出",
			),
		},
		{
			weight: 1.5,
			words: words(
				"block capitals|please (?:complete|fill)|fill in|signature|signed|date of birth|bitte (?:fullen|ankreuzen)|ausfullen|unterschrift|geburtsdatum|remplir|cocher|signature|date de naissance|rellene|firma|fecha de nacimiento|mayusculas",
				"記入|署名|生年月日|签名|出生日期|填写",
			),
		},
		{ weight: 1, layout: ({ labelledLines }) => labelledLines >= 3 },
		{ weight: -2, facts: ["total", "tracking_number"] },
	],
	map: [
		{ weight: 2.5, layout: ({ drives }) => drives >= 1 },
		{
			weight: 2,
			words: words(
				"your location|fastest route|directions|via|route|start|steps|arrive at|turn (?:left|right)|usual traffic",
				"mein standort|schnellste route|starten|verkehrslage|itineraire|votre position|demarrer|mi ubicacion|ruta|iniciar|percorso",
				"現在地|経路|ルート|你的位置|路线|导航",
			),
		},
		{ weight: 1, layout: ({ distances }) => distances >= 1 },
		{
			weight: 0.5,
			words: words("street|road|lane|avenue|\\p{L}+strasse|strasse|rue|avenida|calle|via|[ab] ?\\d{1,4}"),
		},
		{ weight: -2.5, layout: ({ measures }) => measures >= 3 },
		{ weight: -2, facts: ["total", "tax", "phone", "date"] },
		{ weight: -2, layout: ({ hasTwoSides, stamps }) => hasTwoSides || stamps >= 2 },
	],
};

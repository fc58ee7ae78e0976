import { anyWord, wordPattern } from "./any-word.ts";

/** Words before the amount that a person pays or has paid, from the surest; the languages of each follow one another. */
export const totalLabels = [
	wordPattern(
		"(?:amount |balance |total |now )?due|to pay|to be paid|amount payable|you pay|you paid|you owe|amount paid|net pay|we'll pay",
		"zu zahlen(?:der betrag)?|zahlbetrag|zu uberweisen|net a payer|a payer|a pagar|te betalen|da pagare",
		"請求金額|お支払い?金額|支払金額|应付|应付款|实付|實付",
	),
	wordPattern(
		"grand total|order total|total|gesamt(?:betrag|summe|preis)?|summe|endbetrag|rechnungsbetrag",
		"total(?:e|es)?|totaal|montant total|importe total|total ttc|razem|suma|celkem|ukupno|итого",
		"合計|総額|総計|お会計|合计|总计|總計|总额|合計金額|합계|총액",
	),
	wordPattern(
		"betrag|amount|montant|importe|importo|price|fare|preis|prix|tarif|tarifa|precio|prezzo|料金|金額|金额|票价",
	),
];

/** Words before an amount that is less than the total, or more. */
export const partLabel = wordPattern(
	"sub-?\\s?total|net(?: amount| total)?|before tax|savings?|saved|discount|points|excl\\.?|cash|change|tendered|tip|items?",
	"zwischensumme|netto(?:betrag)?|offener betrag|ruckgeld|gegeben|rabatt|ersparnis|punkte",
	"sous-?\\s?total|total ht|hors taxes?|ht|rendu|remise|subtotal|neto|base(?: imponible)?|entregado|efectivo|(?:su )?cambio|descuento|imponibile|resto",
	"小計|小计|お預り|お預かり|お釣り|釣銭|找零|优惠|割引|内",
);

export const taxLabel = wordPattern(
	"(?:sales )?tax|vat|gst|hst|pst|qst|mwst\\.?|mehrwertsteuer|ust\\.?|umsatzsteuer|tva|iva|btw|moms|impuestos?",
	"消費税|消费税|税額|税额|增值税|内税|外税",
);

export const dueLabel = wordPattern(
	"due|pay(?:ment)?(?: is)?(?: due)?(?: by| before)|due(?: date| on| by)?|payable(?: by)?|deadline|rsvp(?: by)?|(?:reply|return|collect|pick up|respond|submit|register|apply|order|book)\\b.{0,40}\\b(?:by|before|until)",
	"fallig(?: am)?|zahlbar(?: bis)?|(?:zahlungs|anmelde)?frist|anmeldeschluss|einsendeschluss|abgabe(?:termin)?|(?:spatestens|anmeldung|zahlung|ruckmeldung|abholen|abholung|uberweisen|bezahlen|einreichen)\\b.{0,30}\\bbis(?: zum| spatestens)?",
	"(?:date d')?echeance|date limite|avant le|a (?:payer|retirer|rendre|renvoyer) (?:avant|d'ici)(?: le)?|au plus tard(?: le)?",
	"vencimiento|fecha limite|antes del|pagar antes|plazo|hasta el|scadenza|entro il|vence(?: el)?",
	"支払期限|期限|締切|締め切り|截止|到期|期限は",
);
/** Words after a date by which something is due. */
export const dueAfter = /^[\s)）]*(?:\([月火水木金土日]\)\s*)?(?:まで|迄|前(?:に)?(?:付款|领取|支付|缴)|之?前)/u;

export const expiryLabel = wordPattern(
	"valid (?:until|till|through|thru|to)|expir(?:es|y|ation)(?: date| on)?|exp(?:\\.| date)?|best before|use by|good thr(?:u|ough)",
	"gultig(?: noch)? bis(?: zum)?|ablaufdatum|lauft ab(?: am)?|haltbar bis|(?:mindestens )?haltbar bis",
	"valable jusqu'au|expire(?: le)?|(?:a )?consommer avant|date d'expiration|dluo|dlc",
	"valid[oa] hasta|caduc(?:a|idad)(?: el)?|(?:fecha de )?caducidad|vence(?: el)?|scade(?: il)?|valid[oa] ate",
	"有効期限|賞味期限|消費期限|有效期(?:至|限)?|保质期",
);

const no = "(?:\\s?(?:nos?|nr|num|number|nummer|numero|n[°o]|#|id)\\.?)";

/** Labels of codes, the one that tells most first; each matches up to where the code begins. */
export const codeLabels = {
	tracking_number: label(
		`track(?:ing)?(?:\\s?(?:and|&)\\s?trace)?(?: id| code|${no})|(?:shipment|consignment|waybill|parcel|barcode)${no}`,
		`(?:sendungs?|paket)(?:-?\\s?)${no}|sendungsverfolgung|${no}\\s?(?:de )?(?:suivi|seguimiento|envio|tracciamento|spedizione)|suivi|seguimiento|codigo de seguimiento|track en trace`,
		"送り状(?:番号)?|追跡番号|お問い合わせ(?:伝票)?番号|伝票番号|运单号码?|快递单号|物流单号|运单编号|單號",
	),
	order_number: label(
		`order${no}|order|bestell(?:ungs?)?-?${no}|bestellung${no}?|auftrags-?${no}`,
		`commande${no}?|${no}\\s(?:de )?(?:commande|pedido|ordine|encomenda)|(?:pedido|ordine|bestelling)${no}?`,
		"注文番号|ご?注文番号|订单(?:号|编号)|訂單編號",
	),
	invoice_number: label(
		`invoice${no}?|bill${no}|rechnungs?-?\\s?${no}`,
		`facture${no}|${no}\\s(?:de )?(?:facture|factura|fattura)|factura(?: simplificada)?${no}|fattura${no}|factuur${no}?`,
		"請求書番号|发票号码?|發票號碼",
	),
	booking_code: label(
		`(?:booking|reservation|confirmation)(?: reference| ref\\.?| code|${no})|pnr|record locator|locator`,
		`(?:buchungs|reservierungs)-?(?:code|referenz|${no})|buchungscode|(?:reference|code) de (?:reservation|dossier)|dossier|${no}\\s(?:de )?(?:dossier|reservation|reserva)|localizador|codigo de reserva|codice (?:di )?prenotazione`,
		"予約番号|予約コード|确认号|确认码|预订号",
	),
	password: label(
		"(?:wi-?fi |wlan[- ]?)?(?:password|passcode|passphrase|passwort|kennwort|mot de passe|contrasena|clave(?: wifi)?|senha|wachtwoord)|(?:wi-?fi|wpa2?|network|security)[- ](?:key|schlussel)|wlan-?schlussel",
		"パスワード|密码|密碼|暗号化キー",
	),
	code: label(
		`(?:\\p{L}+[ -])?(?:code|pin|kode|codice)${no}?|(?:\\p{L}{2,12}[ -]?)?serial${no}?|(?:\\p{L}{3,}code|fehlercode)${no}?`,
		`code d'erreur|code d'acces|codigo(?: de \\p{L}+)?|(?:\\p{L}+[ -]?)?(?:reference|ref|referenz|referencia|aktenzeichen)${no}?\\.?`,
		"(?:\\p{L}+[ -])?(?:nos?\\.|number|nr\\.?|nummer|numero|n°|id|#)|\\p{L}{3,}(?:nummer|-nr\\.?)|(?:check|ticket|member|customer|account|policy|case|claim) ?(?:#|no)",
		"暗証番号|コード|会員番号|取件码|验证码|编号|单号|番号|座席番号",
	),
} as const;

export type CodeKind = keyof typeof codeLabels;

/** Labels after which a number is none of these codes. */
export const noCodeLabel = wordPattern(
	"(?:phone|telephone|tel|mobile|fax|cell|contact|whatsapp|house|room|zip|postal|post|area|qr|source|promo code|dress|telefon|handy|hausnummer|telephone|portable|telefono|iban|card|karte|tax|vat|ust|steuer|page) ?-?(?:code|no|number|nr|nummer|numero|n°|id)?",
	"telefonnummer|電話番号|手机号|postleitzahl|plz|code postal|codigo postal",
);

/** Labels of what a seat on a journey or in a hall has. */
export const placeLabels = {
	seat: label("seats?|sitz(?:platz)?|platz|siege|place|asiento|butaca|plaza|posto|座席(?:番号)?|座位(?:号)?"),
	gate: label("gate|flugsteig|porte|puerta|搭乗口|登机口|检票口"),
	platform: label("platform|gleis|quai|voie|anden|via|binario|spoor|のりば|站台"),
} as const;

export type PlaceKind = keyof typeof placeLabels;

export const flightLabel = label(
	"flight(?: no| number)?|flug(?:nummer)?|vol|vuelo|volo|voo|vlucht|便名|便|航班(?:号)?",
);
/** Words of a page about flights. */
export const flightPage = wordPattern(
	"flights?|boarding|gate|airport|airlines?|departs?|terminal|flug|flughafen|bordkarte|vol|embarquement|aeroport|vuelo|embarque|aeropuerto|volo|imbarco",
	"便名|搭乗|航班|登机|空港|机场",
);

export const personLabel = label(
	"(?:(?:passenger|patient|guest|traveller|traveler|recipient|customer|full|holder|your|client|account holder)(?:'?s)? ?)?name|passengers?|patient|guest|recipient|deliver(?:ed)? to|ship(?:ped)? to|bill(?:ed)? to|customer|organi[sz]er|organised by|attn",
	"(?:vor- und nachname|name, vorname|fahrgast|passagier|reisender?|gast|empfanger(?:in)?|kund(?:e|in)|patient(?:in)?|inhaber(?:in)?|organisator)",
	"nom(?: et prenom)?|passager|voyageur|destinataire|titulaire|nombre(?: y apellidos?)?|pasajer[oa]|viajer[oa]|destinatari[oa]|titular|passeggero|nome",
	"お?名前|氏名|搭乗者名?|お届け先|姓名|乘客|旅客|收件人|收货人",
);
export const givenNameLabel = label("first names?|given names?|forename|vorname|prenom|nombre");
export const surnameLabel = label("surname|last name|family name|nachname|familienname|nom(?: de famille)?|apellidos?");

/** A label up to where its value begins. */
function label(...lists: string[]): RegExp {
	return new RegExp(
		`${wordPattern(...lists).source}(?<sign>\\s*(?:[:=#]|\\bis\\b|\\bist\\b|\\best\\b|\\bes\\b|は|为|為)?\\s*)`,
		"gu",
	);
}

/** Words that head a field of a pass, a ticket or a form: where one stands alone, it is nobody's name. */
export const fieldLabel = new RegExp(
	`^${anyWord(
		"date|time|day|class|cabin|seats?|row|gate|terminal|zone|group|flight|carrier|operated by|from|to|via|departure|departs?|arrival|arrives?|boards?|boarding(?: time| pass)?|duration|status|total|price|fare|amount|payment|ticket|type|reference|booking|number|address|phone|e-?mail|admission|entry|adults?|child(?:ren)?|section|door|doors|venue|signature|gender|sex|nationality|country|city|age|room|check-?(?:in|out)|nights|guests|qty|quantity|items?|description|notes?",
		"datum|uhrzeit|zeit|klasse|sitz(?:platz)?|platz|reihe|flugsteig|flug|von|nach|abflug|abfahrt|ankunft|preis|betrag|zahlung|nummer|adresse|telefon|eintritt|erwachsene|unterschrift|geschlecht|zimmer|anzahl|gleis|wagen",
		"heure|classe|siege|place|porte|vol|depart|arrivee|prix|montant|numero|adresse|entree|voiture|voie|fecha|hora|clase|asiento|puerta|vuelo|salida|llegada|precio|importe|direccion|telefono|entrada|coche|anden|data|ora|classe|posto|volo|partenza|arrivo|prezzo",
		"日付|時刻|便名|座席|搭乗口|出発|到着|料金|电话|日期|时间|航班|座位|登机口|票价",
	)}$`,
	"u",
);

import { lexemesIn } from "#text/document.ts";
import { type FactKind, factNames } from "#text/facts/fact.ts";
import type { QuestionKind } from "#text/question.ts";

/** The kinds of facts that answer a question of a kind. */
const answering: Partial<Record<QuestionKind, FactKind[]>> = {
	amount: ["total"],
	date: ["date", "due_date", "expiry_date"],
	time: ["time"],
	phone: ["phone"],
	email: ["email"],
	link: ["url"],
	code: [
		"code",
		"password",
		"tracking_number",
		"order_number",
		"invoice_number",
		"booking_code",
		"flight_number",
		"seat",
		"gate",
		"platform",
		"iban",
	],
	person: ["person", "merchant"],
};

/** Returns the kinds of facts that answer a question of a kind. */
export const answeringFacts = (kind: QuestionKind): ReadonlySet<FactKind> => new Set(answering[kind] ?? []);

/** Words by which people ask for a kind of fact, beside its name; in the languages of questions. */
const otherWords: Partial<Record<FactKind, string>> = {
	total: "sum cost price gesamt summe betrag kosten prix montant importe precio 合計 金額",
	tax: "vat mwst steuer tva iva 消費税",
	due_date: "due deadline payable fällig zahlbar frist échéance vencimiento vence 期限 締切",
	expiry_date: "expire valid gültig ablauf valable expiration caduca válido 有効期限",
	tracking_number: "tracking shipment sendungsnummer suivi seguimiento 追跡番号 送り状番号",
	order_number: "order bestellnummer commande pedido 注文番号",
	invoice_number: "invoice rechnungsnummer facture factura 請求書番号",
	booking_code: "booking reservation confirmation buchungscode buchung réservation reserva localizador 予約番号",
	flight_number: "flight flug vol vuelo 便名",
	seat: "sitz sitzplatz siège asiento 座席",
	gate: "flugsteig porte puerta 搭乗口",
	platform: "gleis quai voie andén 番線",
	password: "passwort kennwort passe contraseña パスワード",
};
/** A page may have several of these, and the words beside them tell whose each is. */
const ofSomebody = new Set<FactKind>(["phone", "email", "person", "merchant", "code"]);
const lexemes = new Map<FactKind, string[]>();

/** Returns the lexemes of the words for a kind of fact. */
export function factWords(kind: FactKind): string[] {
	if (ofSomebody.has(kind)) return [];
	const known = lexemes.get(kind) ?? [...lexemesIn(`${factNames[kind]}\n${otherWords[kind] ?? ""}`)];
	lexemes.set(kind, known);
	return known;
}

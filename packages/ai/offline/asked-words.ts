import { fold } from "#text/fold.ts";
import { isStopWord } from "#text/languages.ts";
import { analyzeQuery, type QueryTerm } from "#text/query.ts";
import type { Question, QuestionKind } from "#text/question.ts";

/** A word that a question is about. */
export interface AskedWord extends QueryTerm {
	/** Says what kind of fact is asked for, or nearly nothing: no item needs it. */
	isOptional: boolean;
	/** A name, a number or a date: an item without it is about something else. */
	isName: boolean;
	/** The words that stand together in a script without spaces, by their number in the question. */
	group: number;
}

const words = (list: string) => list.split(" ");

/** Words that ask, beside the stop words of their languages. */
const asking = new Set(
	words(
		"please tell know per will would shall should us often after before exactly now according there laut denn bitte eigentlich lautet heisst wieviel viel viele wie was wann wer wen wem wo wird wurde ist " +
			"combien quel quelle quels quelles quand qui est sont ai cuanto cuanta cuantos cuantas cual cuales cuando donde quien que es el la los las",
	),
);
/** Verbs and nouns that go with nearly anything. */
const general = words(
	"stay see seen saw want wants make made get got take takes taken took go goes went come came use used find found leave leaves left need needed keep kept set call called say says said throw give gave put people person thing things new name number lot high big long full each exactly " +
		"gibt geben nehmen machen gemacht gross hoch neue neuer neues steht a pris prendre faire fait lleva llevar tiene hacer",
);
/** Words that only say which kind of fact is asked for. */
const ofKind: Partial<Record<QuestionKind, string[]>> = {
	amount: words(
		"cost costs pay pays paid price spend spent owe owes owed total amount sum charged kosten kostet gekostet zahlen bezahlen bezahlt preis betrag teuer coute couter cout paye payer prix montant dois cuesta cuestan costo costaron pago pagar precio importe vale",
	),
	count: words("per each kilometres kilometers kilos grams litres liters degrees far heavy weigh weighs grosse"),
	duration: words("last lasts bake baked cook cooked roast simmer dauert dauern dure dura"),
	temperature: words("temperature oven bake baked cook temperatur température temperatura"),
	date: words("date day start starts begin begins happen scheduled datum tag statt findet date jour fecha dia"),
	time: words("time start starts begin begins uhr heure hora"),
	place: words("address place located live lives adresse direccion"),
	person: words("name person nom nombre"),
	phone: words("phone telephone mobile cell number telefonnummer handynummer telefon numero telefono call ring"),
	email: words("email mail address adresse correo"),
	link: words("link url website address"),
	code: words("number"),
	version: words("version"),
};

/** Words that say nearly the same, folded. */
const synonyms = [
	"password passcode passphrase passwort kennwort contrasena passe key wifi wlan",
	"wifi wlan wireless ssid network netzwerk",
	"pin code clave zugangscode 暗証番号",
	"platform pl gleis quai voie via anden",
	"seat seats platz sitz asiento siege",
	"expire expires expired valid until gultig ablauf expira caduca ends",
	"licence license lizenz",
	"guarantee warranty garantie garantia",
	"mum mom mother mama",
	"dad father papa",
	"kilometres kilometers kilometer km",
	"kilos kilogram kg",
	"minutes minute min mins",
	"phone telephone tel mobile",
	...[
		"monday mon",
		"tuesday tue tues tu",
		"wednesday wed",
		"thursday thu thur thurs",
		"friday fri",
		"saturday sat",
		"sunday sun",
	],
].map(words);
const synonymsOf = new Map<string, string[]>();
for (const group of synonyms) {
	for (const word of group) synonymsOf.set(word, [...(synonymsOf.get(word) ?? []), ...group]);
}
const synonymSimilarity = 0.9;

/** Returns the words that a question is about, without those that ask. */
export function askedWords(text: string, { kind, language }: Question): AskedWord[] {
	const optional = new Set([...general, ...(ofKind[kind] ?? [])].map(fold));
	const about = language === "ja" ? japaneseTopics(text) : text.replaceAll(/\bruns? out\b/gi, "expire");
	const languages = language === "ja" || language === "en" ? (["en"] as const) : ([language, "en"] as const);
	const first = /[\p{L}\p{N}]+/u.exec(text)?.[0];
	const chunks = language === "ja" ? about.split(" ").filter((chunk) => chunk) : [about];
	return chunks.flatMap((chunk, at) =>
		// Neither a phrase nor a word to leave out: a question means its words.
		analyzeQuery(chunk.replaceAll(/(?<!\S)-|"/g, " "), { now: new Date() }).terms.flatMap((term, index) => {
			const folded = fold(term.word);
			if (asking.has(folded) || isStopWord(folded, languages)) return [];
			const similar = (synonymsOf.get(folded) ?? []).map((lexeme) => ({ lexeme, similarity: synonymSimilarity }));
			const isCapitalized = /^\p{Lu}/u.test(term.word) && language !== "de" && term.word !== first;
			return [
				{
					...term,
					lexemes: [...term.lexemes, ...similar],
					isOptional: optional.has(folded),
					isName: isCapitalized || /\p{N}/u.test(term.word),
					group: language === "ja" ? at : index,
				},
			];
		}),
	);
}

const questionWord =
	/(?:\b(?:what|which|who|whose|how (?:many|much)|welche\p{L}*|was|wer|wie(?: viele?)?|quel\p{L}*|qui|combien(?: de\b| d'| d’)?|cu[áa]l\p{L}*|qu[ée]|qui[ée]n|cu[áa]nt\p{L}*)(?!\p{L}))(?:'s)?\s*(?:(?:is|are|was|were|ist|sind|war|lautet|lauten|est|sont|es|son|era|fue)\s+)?(?:(?:the|my|our|your|his|her|their|der|die|das|den|mein|meine|le|la|les|l'|mon|ma|mes|el|los|las|mi|mis)\s*)?/iu;

/**
 * Returns the words that say what is asked for: the ferritin of a report, the cards of a board; of a question for yes or
 * no what is to be so. None where a question does not name it.
 */
export function attributeOf(text: string, { kind, language }: Question, asked: AskedWord[]): AskedWord[] {
	const needed = asked.filter(({ isOptional }) => !isOptional);
	if (kind === "yes_no" || language === "ja") {
		const last = needed.at(-1);
		return needed.filter(({ group }) => group === last?.group);
	}
	// Who is it for?
	if (/\s(?:for|to|from|with|by|about|at|in|on|of)\s*[?.!]*$/i.test(text)) return [];
	const match = questionWord.exec(text);
	const [first] = asked;
	const rest = match ? text.slice(match.index + match[0].length).toLowerCase() : "";
	return first && !first.isOptional && rest.startsWith(first.word.toLowerCase()) ? [first] : [];
}

/** Keeps what stands in other characters than hiragana, in which Japanese writes what asks and joins. */
function japaneseTopics(text: string): string {
	return text.replaceAll(/[何誰]|[\p{Script=Hiragana}?？。、]+/gu, " ");
}

/** Measures how surely the lexemes of a text have an asked word, 0 to 1. */
export function similarityIn({ lexemes, plain }: AskedWord, text: ReadonlySet<string>): number {
	const exact = lexemes.reduce(
		(best, { lexeme, similarity }) => (text.has(lexeme) ? Math.max(best, similarity) : best),
		0,
	);
	if (exact > 0 || plain === null || plain.length < 4) return exact;
	for (const lexeme of text) {
		if (lexeme.length > plain.length && (lexeme.startsWith(plain) || (plain.length > 4 && lexeme.endsWith(plain))))
			return 0.7;
		if (isOtherForm(plain, lexeme)) return 0.7;
	}
	return 0;
}

/** True for words with the same beginning and different endings: delivered, delivery. An accountant is no account. */
function isOtherForm(a: string, b: string): boolean {
	let shared = 0;
	while (shared < a.length && a[shared] === b[shared]) shared++;
	const isEnding = (word: string) => word.length > shared && word.length <= shared + 4;
	return shared >= 5 && isEnding(a) && isEnding(b);
}

/** Returns a measure of how much of the words a text has, 0 to 1; optional words count half. */
export function weigher(words: AskedWord[], weights: ReadonlyMap<AskedWord, number>) {
	const weight = (word: AskedWord) => (weights.get(word) ?? 0) * (word.isOptional ? 0.5 : 1);
	const sum = words.reduce((all, word) => all + weight(word), 0);
	return (text: ReadonlySet<string>) =>
		words.reduce((all, word) => all + weight(word) * similarityIn(word, text), 0) / (sum || 1);
}

/** Returns the words of a question that its item must have, as a query; those that only ask where there is no other. */
export function neededWords(text: string, question: Question): string {
	const asked = askedWords(text, question);
	const needed = asked.filter(({ isOptional }) => !isOptional);
	return (needed.length > 0 ? needed : asked).map(({ word }) => word).join(" ");
}

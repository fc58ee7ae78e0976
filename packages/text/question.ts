import { normalize } from "./tokens.ts";

/** The kind of fact that a question asks for. `thing` is any other, as in "which paint". */
export type QuestionKind =
	| "amount"
	| "count"
	| "duration"
	| "frequency"
	| "temperature"
	| "date"
	| "time"
	| "place"
	| "person"
	| "phone"
	| "email"
	| "link"
	| "code"
	| "version"
	| "yes_no"
	| "thing";

export type QuestionLanguage = "en" | "de" | "fr" | "es" | "ja";

export interface Question {
	kind: QuestionKind;
	language: QuestionLanguage;
}

type Patterns = readonly (readonly [QuestionKind, RegExp])[];

/** The first that matches wins, so what tells most comes first. */
const patterns: Record<QuestionLanguage, Patterns> = {
	ja: [
		["phone", /電話番号/],
		["email", /メールアドレス/],
		["code", /暗証番号|パスワード|コード(?!ー)|番号/],
		["amount", /いくら|値段|料金|金額|代金/],
		["frequency", /何回/],
		["duration", /何(?:分間?|時間|日間|週間|か?ヶ?月間|年間)(?!に)|どのくらい|どれくらい/],
		["time", /何時/],
		["date", /いつ|何日|何月|何曜日/],
		["place", /どこ|場所/],
		["person", /誰|だれ|どなた/],
		["count", /いくつ|何(?:個|人|枚|本|回|件|つ|冊|台)/],
		["thing", /何|どれ|どの|どんな|なに|なん/],
		["yes_no", /(?:です|ます|でした|ました)か[?？。]?$/],
	],
	de: [
		["phone", /telefonnummer|handynummer|rufnummer|telefon(?!ie)/],
		["email", /e-?mail-?adresse/],
		["code", /passwor[dt]|kennwort|\bpin\b|zugangscode|\bcode\b/],
		["time", /um wie ?viel uhr|wie spät|um welche uhrzeit/],
		["frequency", /wie oft|wie häufig/],
		["duration", /wie lange?\b/],
		[
			"amount",
			/wie ?viel(?=.*(?:kost|zahl|preis|betrag|miete|gebühr|schuld|euro|geld))|wie teuer|was kostet|was hat .* gekostet|wie hoch (?:ist|war|sind|waren) (?:der|die|das|meinp{L}*) (?:preis|betrag|miete|gebühr|rechnung|summe|kaution|strafe)/,
		],
		["temperature", /welcher temperatur|wie (?:heiß|warm|kalt)|wie viel grad/],
		["count", /wie ?viele?n?\b|wie (?:groß|schwer|hoch|weit|tief|breit|alt|voll|schnell|stark|dick)/],
		["date", /\bwann\b|welche[mnrs]? (?:tag|datum)/],
		["place", /^wo\b|\bwo(?:hin|her)?\b|welche adresse|wie lautet .*adresse/],
		["person", /\b(?:wer|wen|wem|wessen)\b/],
		["thing", /\b(?:welche[mnrs]?|was|wie (?:lautet|heißt|heißen))\b/],
		["yes_no", /^(?:ist|sind|war|waren|hat|haben|habe|kann|darf|muss|wurde|wird|gibt es)\b/],
	],
	fr: [
		["phone", /num[ée]ro de t[ée]l[ée]phone|t[ée]l[ée]phone/],
		["email", /adresse (?:e-?)?mail|courriel/],
		["code", /mot de passe|quel(?:le)? est (?:le|mon) code|quel code/],
		["frequency", /combien de fois/],
		["duration", /combien de temps|quelle (?:est la )?durée/],
		[
			"amount",
			/combien (?=.*(?:co[ûu]t|pay|prix|dois|valent|vaut|euro))|quel(?:le)?s? (?:est|était|sont) (?:le|la|mon|ma) (?:prix|montant|tarif|loyer|total|caution|amende|somme)|combien (?:est|était)/,
		],
		["temperature", /quelle température/],
		["count", /combien|quelle (?:est la )?(?:taille|quantité|dose|distance)/],
		["time", /(?:à|vers) quelle heure|quelle heure/],
		["date", /\bquand\b|quelle date|quel jour/],
		["place", /(?:^|[\s'])où\b|quelle (?:est l')?adresse/u],
		["person", /\b(?:qui)\b/],
		["yes_no", /^(?:est-ce que|est-ce|ai-je|a-t-)/],
		["thing", /\bquel(?:le)?s?\b|qu'est-ce|que dit|\bquoi\b/],
	],
	es: [
		["phone", /tel[ée]fono/],
		["email", /correo electr[óo]nico/],
		["code", /contraseña|\bclave\b|c[óo]digo|\bpin\b/],
		["frequency", /cu[áa]ntas veces|con qu[ée] frecuencia/],
		["duration", /cu[áa]nto tiempo|cu[áa]nto dura/],
		[
			"amount",
			/cu[áa]nto (?=(?:me |te |nos |le )?(?:cuest|cost|pag|vale|val[íi]|deb|es |fue |era |sale ))|cu[áa]l (?:es|era|fue) (?:el|la|mi) (?:precio|importe|total|alquiler|multa|tarifa|fianza)|qu[ée] precio/,
		],
		["temperature", /qu[ée] temperatura/],
		["count", /cu[áa]nt[oa]s?\b/],
		["time", /qu[ée] hora/],
		["date", /cu[áa]ndo|qu[ée] (?:d[íi]a|fecha)/],
		["place", /d[óo]nde|qu[ée] direcci[óo]n|cu[áa]l es la direcci[óo]n/],
		["person", /qui[ée]n(?:es)?/],
		["thing", /\bcu[áa]l(?:es)?\b|¿qu[ée]|\bqué\b/u],
		["yes_no", /^¿(?:es|está|son|hay|tiene|tengo|puedo|fue|se puede|he|ha)\b/u],
	],
	en: [
		["phone", /\b(?:phone|telephone|mobile|cell|fax)\b.*|\bnumber (?:to|do i|can i) (?:call|ring)/],
		["email", /\be-?mail address\b|\b(?:what|which)\b.*\be-?mail\b/],
		["link", /\b(?:what|which|where)\b.*\b(?:link|url|website)\b/],
		["time", /\b(?:what|which) time\b/],
		["frequency", /\bhow often\b/],
		["duration", /\bhow long\b/],
		["temperature", /\b(?:what|which) (?:is the )?(?:\p{L}+ )?temperature|\bhow (?:hot|warm|cold)\b/u],
		[
			"amount",
			/\bhow (?:much|high|large|big)\b(?=.*\b(?:cost|costs|pay|pays|paid|spend|spent|owe|owes|owed|price|charge|charged|charges|fee|fees|fare|rent|deposit|refund|refunded|salary|bill|fine|tax|want|wants|earn|worth)\b)|\bhow (?:much|expensive) (?:is|was|are|were|will|would|did|do|does|has|have)\b|\bwhat (?:do|does|did|will|would) .*\bcost\b|\b(?:what|which)(?:'s| is| was| are| were) (?:the|my|our|his|her|their) (?:\p{L}+ ){0,2}(?:price|cost|costs|rent|deposit|fee|fare|total|balance|reward|salary|premium|excess|refund|fine|charge|amount)\b/u,
		],
		[
			"count",
			/\bhow (?:much|many|big|large|heavy|tall|high|wide|deep|full|far|fast|old|strong|thick|small)\b|\b(?:what|which) (?:is the |was the |is my |was my )?(?:\p{L}+ )?(?:pressure|size|weight|height|distance|speed|pace|dose|percentage|score|quantity|number of)\b/u,
		],
		["date", /\b(?:when|what (?:date|day)|which (?:date|day|month|year))\b/],
		["place", /\bwhere\b|\b(?:what|which)(?:'s| is| was)? .*\baddress\b/],
		[
			"person",
			/\b(?:who|whom|whose|who's)\b|\b(?:what|which)(?:'s| is| was)? (?:the )?name of (?:the|my|our)\b|\bwhich (?:person|dentist|doctor|teacher|colleague|friend|agent)\b/,
		],
		["version", /\b(?:what|which)\b.*\bversion\b|\bversion of\b/],
		[
			"code",
			/\b(?:what|which|give|tell)\b.*\b(?:password|passcode|passphrase|pin|key|code|iban|licen[cs]e|reference|number|id|tag|serial|ssid|seats?|platform|gate|room|line|fault|error|flight|row|coach|locker|page)\b/,
		],
		["yes_no", /^(?:is|are|was|were|do|does|did|can|could|may|must|has|have|had|will|would|should|am)\b/],
		["thing", /\b(?:what|which|what's)\b/],
	],
};
const languages = Object.keys(patterns) as QuestionLanguage[];

/** Classifies a question by the words that ask; null for a text that asks nothing, such as words to search for. */
export function analyzeQuestion(text: string): Question | null {
	const lower = normalize(text).toLowerCase().trim();
	for (const language of languages) {
		const isOther = language === "ja" && !/[\p{scx=Hiragana}\p{scx=Han}]/u.test(lower);
		const found = isOther ? undefined : patterns[language].find(([, pattern]) => pattern.test(lower));
		if (found && speaks(language, lower)) return { kind: found[0], language };
	}
	return null;
}

/** Words by which a question tells its language: "code" and "pin" are words of several. */
const telling: Record<QuestionLanguage, RegExp> = {
	ja: /[\p{scx=Hiragana}\p{scx=Han}]/u,
	de: /\b(?:der|die|das|den|dem|ist|sind|war|wie|was|wann|wer|wem|wen|wo|wohin|woher|wird|hat|habe|mein\p{L}*|welche\p{L}*|für|und|mit|viel|muss|gibt)\b/u,
	fr: /\b(?:le|la|les|des|du|est|sont|combien|quand|quel\p{L}*|qui|mon|ma|mes|pour|chez|que)\b|\b[ldq]'|où/u,
	es: /[¿¡]|\b(?:el|los|las|cu[áa]\p{L}+|qui[ée]n|d[óo]nde|qu[ée]|mi|mis|para|del|está|tengo)\b/u,
	en: /(?:)/,
};
const speaks = (language: QuestionLanguage, lower: string) =>
	telling[language].test(lower) &&
	(language === "en" || !/^(?:what|which|who|when|where|how|is|are|did|does|do|was)\b/.test(lower));

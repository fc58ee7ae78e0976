interface Reply {
	pattern: RegExp;
	text: string;
}

const end = "[\\s,.!?…)🙏👍🙂😊]*";

const replies: Reply[] = [
	{
		pattern: new RegExp(
			`^(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening))(?: (?:there|again|all))?${end}$`,
			"iu",
		),
		text: "Hello! Ask me about the images you keep.",
	},
	{
		pattern: new RegExp(`^(?:hallo|moin|servus|guten (?:tag|morgen|abend))${end}$`, "iu"),
		text: "Hallo! Frag mich nach deinen Bildern.",
	},
	{
		pattern: new RegExp(`^(?:bonjour|bonsoir|salut|coucou)${end}$`, "iu"),
		text: "Bonjour ! Demandez-moi ce qui est dans vos images.",
	},
	{
		pattern: new RegExp(`^(?:¡?hola|buenos días|buenas (?:tardes|noches))${end}$`, "iu"),
		text: "¡Hola! Pregúntame por tus imágenes.",
	},
	{
		pattern: /^(?:こんにちは|おはよう(?:ございます)?|こんばんは)[!！。]*$/u,
		text: "こんにちは。画像について聞いてください。",
	},
	{
		pattern: new RegExp(
			`^(?:(?:ok(?:ay)?|great|perfect|cool|super|nice|that(?:'s| is) (?:it|all|great|perfect))[,.! ]+)?(?:many )?(?:thanks|thank you|thx|ta|cheers)(?: (?:a lot|so much|very much|again|for .{1,40}))?${end}$`,
			"iu",
		),
		text: "You are welcome.",
	},
	{
		pattern: new RegExp(`^(?:vielen |besten )?dank(?:e)?(?: (?:dir|schön|sehr|vielmals))?${end}$`, "iu"),
		text: "Gern.",
	},
	{ pattern: new RegExp(`^merci(?: (?:beaucoup|bien))?${end}$`, "iu"), text: "Je vous en prie." },
	{ pattern: new RegExp(`^(?:muchas )?gracias${end}$`, "iu"), text: "De nada." },
	{ pattern: /^(?:どうも)?ありがとう(?:ございます|ございました)?[!！。]*$/u, text: "どういたしまして。" },
	{
		pattern: new RegExp(
			`^(?:ok(?:ay)?|alright|great|perfect|cool|nice|good|super|got it|i see|makes sense)${end}$`,
			"iu",
		),
		text: "Good. Ask me for anything else in your images.",
	},
	{
		pattern: new RegExp(
			`^(?:bye|goodbye|see you|good night|tschüss|au revoir|adiós|hasta luego)(?: later| soon)?${end}$`,
			"iu",
		),
		text: "Goodbye.",
	},
	{
		pattern:
			/^(?:who|what) are you\b|^what can you do\b|^(?:can|could) you help\b|^help[.!?]*$|^how do(?:es)? (?:you|this) work\b/iu,
		text: "I find images that you keep, list and count them, and quote what is written in them.",
	},
];

/** Requests to a person, or to something that knows the world. */
const offTopic = [
	/\b(?:tell|know|say|got)\b.{0,20}\b(?:jokes?|riddles?|stor(?:y|ies)|limericks?)\b/i,
	/\b(?:write|compose|sing|draw|paint|generate|invent)\b.{0,30}\b(?:poems?|songs?|story|essays?|e-?mails?|letters?|code|images?|pictures?|haiku)\b/i,
	/^(?:please )?translate\b|\bhow do you say\b/i,
	/^(?:what(?:'s| is)|how much is|calculate|compute)\s+[\d(][\d\s.,+*/x×÷^()-]*[\d)]\s*[?=]*$/i,
	/\bwhat(?:'s| is| will| was)?\b.{0,15}\bthe (?:weather|forecast|temperature outside|news|time)\b(?!.*\b(?:of|for the|in the (?:image|picture|screenshot))\b)/i,
	/\b(?:capital|president|prime minister|population|currency|king|queen|chancellor) of\b/i,
	/\bwho (?:won|wins|will win|invented|discovered|wrote|painted)\b.*\b(?:world cup|election|war|oscars?|telephone|america|super bowl)\b/i,
	/\b(?:meaning of life|are you (?:human|real|alive|an ai)|do you love|how old are you)\b/i,
	/^(?:please )?(?:set|start)\b.{0,15}\b(?:timer|alarm|reminder)\b|^(?:please )?remind me\b/i,
	// "order confirmation" and "text from Anna" are searches.
	/^(?:please |can you |could you )?(?:order|buy|send|call|phone|text|post|delete|remove|upload|pay)\s+(?:me|him|her|them|us|it|this|that|these|those|my|our|the|an?|some|all|every(?:thing|one))\b/i,
	/\bwie (?:wird|ist) das wetter\b|\berzähl\b.{0,20}\bwitz\b|\bhauptstadt von\b/i,
	/\bquel temps\b.{0,10}\bfait\b|\bblague\b|\bcapitale de\b/i,
	/\bqu[ée] tiempo hace\b|\bchiste\b|\bcapital de\b/i,
	/天気(?:は|を)|冗談|首都/,
];

const onlyImages = "I only know what is in the images you keep, so I cannot help with that.";

/** Replies to what asks for no image: a greeting, thanks, a request that no collection can meet; null for anything else. */
export function smallTalk(message: string): string | null {
	const text = message.trim();
	const reply = replies.find(({ pattern }) => pattern.test(text));
	return reply?.text ?? (offTopic.some((pattern) => pattern.test(text)) ? onlyImages : null);
}

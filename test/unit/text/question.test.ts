import { describe, expect, it } from "vitest";
import { analyzeQuestion, type QuestionKind } from "#text/question.ts";

describe("a question", () => {
	it.each<[string, QuestionKind]>([
		["how much did I pay at REWE", "amount"],
		["What is the deposit for the flat?", "amount"],
		["How much butter goes into the cookies?", "count"],
		["How many story points does it have?", "count"],
		["How long do I bake the pie?", "duration"],
		["How often does Milo take it?", "frequency"],
		["At what temperature does it bake?", "temperature"],
		["when is the postmortem", "date"],
		["What time does the hall open?", "time"],
		["Where did I park?", "place"],
		["Who is the loss adjuster?", "person"],
		["What is Priya's phone number?", "phone"],
		["what is the wifi password", "code"],
		["Which version do we run?", "version"],
		["Was the claim approved?", "yes_no"],
		["Which paint is in the hallway?", "thing"],
		["wann ist mein Zahnarzttermin", "date"],
		["Wie viel kostet die Fahrkarte?", "amount"],
		["Wie lange muss die Suppe ziehen?", "duration"],
		["Wo ist das Treffen?", "place"],
		["Combien a coûté le péage ?", "amount"],
		["Quand part le train ?", "date"],
		["Quel est le code du portail ?", "code"],
		["¿Cuánto cuestan los vuelos?", "amount"],
		["¿Dónde es la cena?", "place"],
		["¿A qué hora empieza?", "time"],
		["いくらでしたか", "amount"],
		["会議は何時からですか", "time"],
		["暗証番号は何ですか", "code"],
	])("%j asks for its kind of fact", (text, kind) => {
		expect(analyzeQuestion(text)?.kind).toBe(kind);
	});

	it.each([
		["Wie viel kostet es?", "de"],
		["Combien ça coûte, le train ?", "fr"],
		["¿Qué precio tiene?", "es"],
		["どこですか", "ja"],
		["Who is die Lorelei for?", "en"],
	])("%j tells its language", (text, language) => {
		expect(analyzeQuestion(text)?.language).toBe(language);
	});

	it.each(["boarding pass", "receipts from Greengate", "ramen Fukuoka", "Zahnarzt Termin", "新大阪 切符", ""])(
		"is none in %j",
		(text) => {
			expect(analyzeQuestion(text)).toBeNull();
		},
	);
});

import { expect, it } from "vitest";
import { splitSentences } from "#text/sentences.ts";

it.each([
	["the mark inside a password", "Password: Sommer-2026!xY"],
	["the mark inside a code", "Door code 77!31B, then press #."],
	["the question mark of an address", "Join at https://meet.example.com/j?id=8842&pwd=Qx7z."],
	["a title, and the ordinal of a date", "Your visit with Dr. Hansen is on 12. Mai 2026 at 14:15."],
	["abbreviations of several languages", "St. James Park, No. 5 ist z.B. offen, u.a. am 3. Advent, Tel. 0171 5550."],
	["the names of files", "The file report.final.v2.pdf has 3.5 MB."],
	["the number of a list's entry", "1. Mix the flour."],
	["an initial", "J. R. Smith paid."],
	["a sentence that goes on in lower case", "“Really?” she asked."],
])("is not cut at %s", (_, sentence) => {
	expect(splitSentences(sentence)).toEqual([sentence]);
});

it.each([
	["Bring your card. It is at 14.15. Bye!", ["Bring your card.", "It is at 14.15.", "Bye!"]],
	["It costs 12. Then we go.", ["It costs 12.", "Then we go."]],
	["It starts at 3 p.m. Bring tea.", ["It starts at 3 p.m.", "Bring tea."]],
	["The answer is no. Ask again.", ["The answer is no.", "Ask again."]],
	["1. Mix flour. 2. Add water.", ["1. Mix flour.", "2. Add water."]],
	["東京駅に行く。次は京都！はい", ["東京駅に行く。", "次は京都！", "はい"]],
	["The gate is 12 [1c6a680c].It is green [ab].", ["The gate is 12 [1c6a680c].", "It is green [ab]."]],
	["Total 12,99\nCard ****2291\n\n", ["Total 12,99", "Card ****2291"]],
])("cuts %j after each sentence and line", (text, sentences) => {
	expect(splitSentences(text)).toEqual(sentences);
});

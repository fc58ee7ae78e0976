import { expect, test } from "vitest";
import { marked } from "#web/features/search/marked.ts";

const show = (text: string, ...words: string[]) =>
	marked(text, words)
		.map((piece) => (piece.isMarked ? `[${piece.text}]` : piece.text))
		.join("");

test("words are marked whatever their case and accents, with their inflections", () => {
	expect(show("Two Tickets to the café", "ticket", "cafe")).toBe("Two [Tickets] to the [café]");
});

test("a longer word that only begins the same is not marked", () => {
	expect(show("Passenger, pass 14", "pass")).toBe("Passenger, [pass] 14");
});

test("words side by side are one mark", () => {
	expect(show("Your boarding pass is here", "boarding", "pass")).toBe("Your [boarding pass] is here");
});

test("a word of a script without spaces is marked where it stands", () => {
	expect(show("東京駅 10:30", "東京")).toBe("[東京駅] 10:30");
});

test("markup stays text, and no word marks nothing", () => {
	expect(show("<b>bold</b>")).toBe("<b>bold</b>");
	expect(show("<b>bold</b>", "bold")).toBe("<b>[bold]</b>");
});

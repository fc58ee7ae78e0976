import { expect, it } from "vitest";
import { extract } from "#ai/offline/extract.ts";
import type { QuotedItem } from "#core/chat/quoted-items.ts";

const item = (ref: string, headline: string, lines: string[], summary = ""): QuotedItem => ({
	ref,
	category: "Other",
	headline,
	summary,
	labels: "",
	extractedText: lines.join("\n"),
});

const till = item("aaaaaaaa", "Harvest Lane supermarket receipt with a weekly shop", [
	"HARVEST LANE",
	"OAT MILK 2.10",
	"CAT LITTER 6.50",
	"TOTAL £31.47",
	"CARD ****1188",
	"03/02/2025 18:20",
]);
const clinic = item("bbbbbbbb", "Appointment card of the Elm Row clinic for Nadia", [
	"Elm Row Clinic",
	"Nadia: Tue 4 March 2025 at 9.15",
	"with Dr. Okafor",
	"Tel 0118 496 0143",
]);
const locker = item("cccccccc", "Locker slip at the central station", ["Locker 17", "PIN 4471", "¥700"]);
const chat = item("dddddddd", "Chat with Priya about the on-call week", [
	"Priya Raman",
	"Fri 17:55",
	"if the gateway dies call Marlon +31 6 5550 1182",
]);
const note = item("eeeeeeee", "Note for the cat sitter", ["Wifi: Elm_5G", "plumtree-4491"]);
const all = [till, clinic, locker, chat, note];

it.each([
	["how much did I pay at Harvest Lane", "TOTAL £31.47 [aaaaaaaa]."],
	["How much was the cat litter at Harvest Lane?", "CAT LITTER 6.50 [aaaaaaaa]."],
	["When is Nadia's appointment at the clinic?", "Nadia: Tue 4 March 2025 at 9.15 [bbbbbbbb]."],
	["Who does Nadia see at the Elm Row clinic?", "with Dr. Okafor [bbbbbbbb]."],
	["What is the PIN of the locker?", "PIN 4471 [cccccccc]."],
	["What is the wifi password for the cat sitter?", "Wifi: Elm_5G / plumtree-4491 [eeeeeeee]."],
	["¿Cuál es el pin del locker?", "PIN 4471 [cccccccc]."],
])("answers %j with the line that has the fact", (question, answer) => {
	expect(extract(question, all)).toContain(answer);
});

it.each([
	["names what no item has", "How much did I pay at Cloverfield?"],
	["asks for a fact that the item lacks", "What is the phone number of Harvest Lane?"],
	["asks for something like what an item has", "What is the PIN of the bank card?"],
	["asks for a date where there is an amount", "When does the locker close?"],
	["asks for one person's number where another's stands", "What is the phone number of Priya's mother?"],
	["names another place", "When is the appointment at the Oslo clinic?"],
])("says nothing where a question %s", (_, question) => {
	expect(extract(question, all)).toBe("");
});

it("cites every sentence of a line", () => {
	const line = item("aaaaaaaa", "Battery swap", ["Do not charge the laptop. Bring it to room 1.12"]);
	expect(extract("Where do I bring the laptop?", [line])).toBe(
		"Do not charge the laptop [aaaaaaaa]. Bring it to room 1.12 [aaaaaaaa].",
	);
});

it("does not take a number that the question names for its answer", () => {
	const board = item("aaaaaaaa", "Board of sprint 58", ["Sprint 58 · 6 days remaining", "TO DO 4", "IN REVIEW 11"]);
	expect(extract("How many are in review in sprint 58?", [board])).toBe("IN REVIEW 11 [aaaaaaaa].");
});

it("tells directions apart", () => {
	const there = item("aaaaaaaa", "E-ticket Oslo to Bergen", ["Oslo → Bergen", "Seat 34"]);
	const back = item("bbbbbbbb", "E-ticket Bergen to Oslo", ["Bergen → Oslo", "Seat 12"]);
	expect(extract("Which seat do I have from Oslo to Bergen?", [back, there])).toBe("Seat 34 [aaaaaaaa].");
});

const bill = {
	...item("ffffffff", "Invoice from Malerbetrieb Özkan, €1,428.00", [
		"Malerbetrieb Özkan",
		"Rechnungsdatum: 06.06.2025",
		"Gesamtbetrag 1.428,00 €",
		"Zahlbar bis 20.06.2025",
	]),
	labels: "Finance\ntotal: 1428.00 EUR\ndue date: 2025-06-20\ninvoice",
};
const pass = {
	...item("abababab", "Boarding pass NW482: Berlin to Lisbon", ["Gate", "Seat", "Berlin", "B22", "14C", "Lisbon"]),
	labels: "Travel\nflight number: NW482\ngate: B22\nseat: 14C\nboarding pass",
};

it.each([
	["When is the invoice from Özkan due?", "Zahlbar bis 20.06.2025 [ffffffff]."],
	["What is the total of the invoice from Özkan?", "Gesamtbetrag 1.428,00 € [ffffffff]."],
	["Which gate does the flight to Lisbon leave from?", "gate: B22 [abababab]."],
])("answers %j by the kind of fact, whatever the line calls it", (question, answer) => {
	expect(extract(question, [...all, bill, pass])).toContain(answer);
});

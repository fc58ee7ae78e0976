import { describe, expect, test } from "vitest";
import { analyzeQuery } from "#text/query.ts";
import { clock, missingTerms } from "./lexemes.ts";

/** A text in an image, and queries by which it is found, each of whose words it has. */
const found: [language: string, text: string, ...queries: string[]][] = [
	["English", "Receipts from the hotels we booked", "receipt", "hotel booking", "the receipts of a hotel"],
	[
		"German",
		"Die Rechnung für Müller, Hauptstraße 5",
		"rechnungen",
		"mueller",
		"muller",
		"hauptstrasse",
		"HAUPTSTRASSE",
	],
	["German", "Übergrößen im Schuhgeschäft", "uebergroessen", "ubergrossen", "schuhgeschaeft"],
	["French", "Les chaussures bleues sont dans la boîte et les chaises aussi", "chaussure", "boite", "chaise bleue"],
	["French", "Un œuf à la coque", "oeuf", "œuf"],
	["Spanish", "Las facturas de los hoteles que están en la mañana", "factura", "hotel manana", "mañana"],
	["Italian", "Le fatture che sono della città e degli alberghi", "fattura", "citta", "albergo"],
	["Portuguese", "As reuniões que não são para os clientes", "reuniao", "reunião", "cliente"],
	["Dutch", "De rekeningen van het hotel zijn niet voor de klanten", "rekening", "klant"],
	["Swedish", "Räkningar som är från Malmö och inte för mig", "rakningar", "malmo", "malmoe"],
	["Danish", "Kvittering fra København", "koebenhavn", "kobenhavn"],
	["Polish", "Łódź, faktura za żółty płaszcz", "lodz", "zolty plaszcz"],
	["Russian", "Счета за гостиницы и ёлку", "счет", "гостиница", "елка"],
	["Ukrainian", "Київ, квиток", "київ"],
	["Arabic", "الفاتورة من الفنادق", "فاتورة", "الفنادق", "فنادق"],
	["Arabic with vowel signs", "كِتَاب أحمد", "كتاب", "احمد"],
	["Hebrew with vowel points", "שָׁלוֹם", "שלום"],
	["Japanese", "東京駅の領収書", "東京", "領収書", "駅", "東京 領収書"],
	["Japanese in half-width letters", "ﾗｰﾒﾝ 一蘭", "ラーメン", "一蘭"],
	["Chinese", "北京大学的录取通知书", "北京", "大学", "通知书", "京"],
	["Korean", "한국어를 공부하는 학생에게 서울에서", "한국어", "학생", "서울"],
	["Thai", "ใบเสร็จรับเงินจากโรงแรม", "โรงแรม", "ใบเสร็จ"],
	["Turkish", "IŞIK ve DİYARBAKIR için bu kitapları daha çok", "ışık", "isik", "diyarbakır", "diyarbakir", "kitap"],
	["Greek", "Οι λογαριασμοί του ξενοδοχείου", "λογαριασμοι", "ΛΟΓΑΡΙΑΣΜΟΊ", "ξενοδοχειο"],
	["a flight", "Flight LH 1234 to Rome", "LH1234", "lh 1234", "LH-1234", "1234"],
	["a flight in one word", "LH1234", "LH 1234", "lh1234", "1234"],
	["an IBAN", "IBAN DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "de89 3704 0044 0532 0130 00"],
	["an IBAN in one word", "DE89370400440532013000", "DE89 3704 0044 0532 0130 00"],
	["a telephone", "Tel. +49 30 1234-5678", "+493012345678", "030 12345678", "+49 (0)30 12345678", "12345678"],
	["a telephone of the United States", "(415) 555-2671", "+1 415 555 2671", "4155552671", "415-555-2671"],
	["Wi-Fi", "The Wi-Fi password", "wifi", "wi-fi", "wi fi", "WiFi"],
	["Wi-Fi in one word", "WiFi", "wi-fi", "wi fi"],
	["a model", "Sony WH-1000XM5", "WH1000XM5", "wh 1000xm5", "1000XM5"],
	["a chip", "MPU6050 module", "6050", "mpu 6050", "mpu6050"],
	["a name in code", "getUserById(id)", "getUserById", "user"],
	["a programming language", "C++ and C# and Node.js", "C++", "c#", "nodejs", "node.js"],
	["an address of mail", "write to jane.doe@example.com", "jane.doe@example.com", "example.com", "jane"],
	["an address of a network", "192.168.0.1", "192.168.0.1"],
	["a decimal", "Total 1.299,90 EUR", "1299.90", "1,299.90", "1299,9", "1.299,90 €", "1299"],
	["a price", "$12.99", "12,99", "12.99 dollars", "$12.99"],
	["thousands", "12,345 people", "12345", "12.345"],
	["thousands by apostrophe", "CHF 1'250.50", "1250.50", "1250,5"],
	["a time", "Boarding at 10:35 pm", "22:35", "10:35", "10:35 pm"],
	["a file name", "IMG_20260620_領収書.png", "2026-06-20", "領収書", "june 2026"],
	["a typographic apostrophe", "Anna’s café", "anna", "cafe", "anna's"],
	["full-width letters", "ＡＢＣ１２３", "abc123"],
	["a ligature", "ﬁnal oﬃce", "final", "office"],
	["a soft hyphen", "Rech\u00adnung", "rechnung"],
	["an emoji between words", "pizza🍕party", "pizza", "party", "🍕", "pizza 🎉"],
	["an emoji in other forms", "Thanks 👍🏽 ❤️ from 🇯🇵", "👍", "👍🏿", "❤", "🇯🇵"],
];

const missed: [kind: string, text: string, query: string][] = [
	["another number", "LH1234", "LH 1235"],
	["another word with the same start", "We are parking here", "Paris"],
	["a stem of another language", "die", "dying"],
	["another day", "20 June 2026", "21 June 2026"],
	["another year", "20 June 2026", "june 2025"],
	["another decimal", "12.99", "12.98"],
	["a telephone with other last digits", "+49 30 12345678", "030 12345679"],
	["another pair of characters", "東京", "京都"],
	["a number inside a number", "16050", "6050"],
	["another emoji", "pizza🍕 🇯🇵", "🎉"],
	["another flag", "🇯🇵🇺🇸", "🇵🇺"],
	["another programming language", "C and D", "C++"],
];

describe("a query finds a text that has each of its words", () => {
	const cases = found.flatMap(([kind, text, ...queries]) => queries.map((query) => [kind, query, text] as const));
	test.each(cases)("%s: %j finds %j", (_, query, text) => {
		expect(analyzeQuery(query, clock).terms).not.toEqual([]);
		expect(missingTerms(text, query)).toEqual([]);
	});
});

describe("a query does not find a text without its words", () => {
	test.each(missed)("%s: in %j there is no %j", (_, text, query) => {
		expect(missingTerms(text, query)).not.toEqual([]);
	});
});

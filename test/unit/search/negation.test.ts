import { expect, test } from "vitest";
import { markNegations, withoutNegations } from "#core/search/negation.ts";

test.each([
	["interview prep without product management", 'interview prep -"product management"'],
	["recipes without nuts", "recipes -nuts"],
	["receipts excluding hotels", "receipts -hotels"],
	["receipts except for the hotel", "receipts -hotel"],
	["receipts except hotels", "receipts -hotels"],
	["cities other than Berlin", "cities -Berlin"],
	["tickets apart from trains", "tickets -trains"],
	["shoes but not sneakers", "shoes -sneakers"],
	["rooms with no windows", "rooms -windows"],
	["shirts not from Zara", "shirts -Zara"],
	["quotes not by Einstein", "quotes -Einstein"],
	["photos without dogs or cats", "photos -dogs -cats"],
	["recipes without nuts, with chocolate", "recipes , with chocolate -nuts"],
	["a picnic without people at the beach", "a picnic at the beach -people"],
	["salad without onions and without garlic", "salad -onions -garlic"],
	["WITHOUT sugar cakes for birthdays", 'for birthdays -"sugar cakes"'],
	["Rezepte ohne Nüsse", "Rezepte -Nüsse"],
	["Belege außer Hotel", "Belege -Hotel"],
	["Belege ausser Hotel", "Belege -Hotel"],
	["Schuhe aber keine Stiefel", "Schuhe -Stiefel"],
	["recettes sans noix", "recettes -noix"],
	["factures sauf l'hôtel", "factures -hôtel"],
	["recetas sin nueces", "recetas -nueces"],
	["facturas excepto hoteles", "facturas -hoteles"],
	["ricette senza noci", "ricette -noci"],
	["receitas sem nozes", "receitas -nozes"],
	["recepten zonder noten", "recepten -noten"],
	["recept utan nötter", "recept -nötter"],
	["opskrifter uden nødder", "opskrifter -nødder"],
	["przepisy bez orzechów", "przepisy -orzechów"],
	["рецепты без орехов", "рецепты -орехов"],
	["фото без людей на пляже", "фото на пляже -людей"],
	["وصفات بدون مكسرات", "وصفات -مكسرات"],
	["συνταγές χωρίς ζάχαρη", "συνταγές -ζάχαρη"],
])("%j is %j", (query, marked) => {
	expect(markNegations(query).text).toBe(marked);
});

test.each([
	"no parking",
	"404 not found",
	"do not disturb",
	"no smoking sign",
	"not available in your country",
	"label not for resale",
	"sign not for sale",
	"elevator not in service",
	"comic sans font",
	"sans serif fonts",
	"Sin City poster",
	"poster of Sin City",
	"más o menos 20 euros",
	"without",
	"without people",
	"things to do with or without",
	"withoutabox receipt",
	"exception in thread main",
	"bezier curve",
	"sinus infection",
])("%j leaves nothing out", (query) => {
	expect(markNegations(query)).toEqual({ text: query, negations: [] });
});

test("marks stay as they are, and are no words to embed", () => {
	expect(markNegations('hotel -"city tax" -spa').text).toBe('hotel -"city tax" -spa');
	expect(withoutNegations('hotel -"city tax" -spa in Rome')).toBe("hotel in Rome");
	expect(withoutNegations("wi-fi well-known - x")).toBe("wi-fi well-known - x");
});

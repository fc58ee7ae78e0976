import { isStated } from "#core/verification/compare-facts.ts";
import { compactOf, type Evidence } from "#core/verification/evidence.ts";
import { factsOf, type StatedFact } from "#core/verification/facts.ts";
import { isMonthName } from "#text/dates.ts";

export const plantKinds = ["number", "name", "date", "negation", "object"] as const;
export type PlantKind = (typeof plantKinds)[number];

/** A number from 0 up to and without 1. */
export type Random = () => number;

const int = (random: Random, min: number, max: number) => min + Math.floor(random() * (max - min + 1));
const pick = <T>(random: Random, list: readonly T[]): T => list[int(random, 0, list.length - 1)] as T;

/** Names and objects of other items, to be put where they do not belong. */
export interface Elsewhere {
	names: string[];
	objects: string[];
}

/**
 * Plants an error of a kind into a true claim: in place of what the item's other text states, so that whoever reads that
 * can tell. Null where the claim has nothing of the kind.
 */
export function plant(
	kind: PlantKind,
	claim: string,
	evidence: Evidence,
	elsewhere: Elsewhere,
	random: Random,
): string | null {
	const facts = factsOf(claim).filter((fact) => isStated(fact, evidence));
	const isAbsent = (text: string) => !isStated(factsOf(text)[0] as StatedFact, evidence);
	switch (kind) {
		case "number":
			return replaced(
				claim,
				facts.filter(({ kind }) => ["amount", "quantity", "number"].includes(kind)),
				random,
				changedNumber,
				isAbsent,
			);
		case "date":
			return replaced(
				claim,
				facts.filter(({ kind }) => kind === "date"),
				random,
				movedDate,
				isAbsent,
			);
		case "name": {
			const strange = elsewhere.names.filter(
				(name) => !evidence.compact.includes(compactOf(name)) && !compactOf(claim).includes(compactOf(name)),
			);
			if (strange.length === 0) return null;
			return replaced(
				claim,
				facts.filter(({ kind }) => kind === "name"),
				random,
				() => pick(random, strange),
				() => true,
			);
		}
		case "negation":
			return negated(claim);
		case "object": {
			const strange = elsewhere.objects.filter((object) => !evidence.compact.includes(compactOf(object)));
			if (strange.length === 0) return null;
			return claim.replace(/[.!?]*$/, (end) => ` with a ${pick(random, strange)}${end}`);
		}
	}
}

function replaced(
	claim: string,
	facts: StatedFact[],
	random: Random,
	change: (text: string, random: Random) => string,
	isAbsent: (text: string) => boolean,
): string | null {
	// Offsets are of the normalised text; one that normalising changes is left alone.
	const usable = facts.filter(({ text, start }) => claim.slice(start).startsWith(text));
	if (usable.length === 0) return null;
	const fact = pick(random, usable);
	for (let attempt = 0; attempt < 20; attempt++) {
		const changed = change(fact.text, random);
		if (changed === fact.text || !isAbsent(changed)) continue;
		return claim.slice(0, fact.start) + changed + claim.slice(fact.start + fact.text.length);
	}
	return null;
}

/** A number of as many digits: one of them changed, or all. */
function changedNumber(text: string, random: Random): string {
	const digits = [...text.matchAll(/\d/g)].map(({ index }) => index);
	const changed = random() < 0.5 ? [pick(random, digits)] : digits;
	return [...text]
		.map((character, at) => {
			if (!changed.includes(at)) return character;
			const digit = (Number(character) + int(random, 1, 9)) % 10;
			return String(at === digits[0] && digit === 0 ? 1 : digit);
		})
		.join("");
}

const months = "January February March April May June July August September October November December".split(" ");

/** Another day, month or year. */
function movedDate(text: string, random: Random): string {
	const words = text.split(/(?<=\p{L})(?=\P{L})|(?<=\P{L})(?=\p{L})/u);
	const parts = words.flatMap((word) => word.split(/(?<=\d)(?=\D)|(?<=\D)(?=\d)/));
	const movable = parts.flatMap((part, at) =>
		/^\d{1,2}$|^(?:19|20)\d{2}$/.test(part) || isMonthName(part) ? [at] : [],
	);
	if (movable.length === 0) return text;
	const at = pick(random, movable);
	const part = parts[at] ?? "";
	const moved = isMonthName(part)
		? pick(random, months)
		: part.length === 4
			? String(Number(part) + pick(random, [-2, -1, 1, 2]))
			: String(1 + ((Number(part) + int(random, 1, 10)) % 12)).padStart(part.length, "0");
	return parts.toSpliced(at, 1, moved).join("");
}

const verb = /(?<![\p{L}])(is|are|was|were|has been|will|can|must|should)(?![\p{L}])(?!\s+(?:not|no)\b)/iu;
const baseForms: Record<string, string> = {
	costs: "cost",
	shows: "show",
	features: "feature",
	includes: "include",
	lists: "list",
	offers: "offer",
	has: "have",
	recommends: "recommend",
	displays: "display",
	explains: "explain",
	contains: "contain",
	describes: "describe",
};
const thirdPerson = new RegExp(`(?<!\\p{L})(${Object.keys(baseForms).join("|")})(?!\\p{L})`, "iu");

function negated(claim: string): string | null {
	if (verb.test(claim)) return claim.replace(verb, "$1 not");
	if (thirdPerson.test(claim)) return claim.replace(thirdPerson, (word) => `does not ${baseForms[word.toLowerCase()]}`);
	return null;
}

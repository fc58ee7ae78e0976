import type { PictureKind } from "#core/items/picture-kind.ts";
import { plainText } from "#text/facts/any-word.ts";
import type { Fact, FactKind } from "#text/facts/fact.ts";
import { findFacts, maxFacts } from "#text/facts/find-facts.ts";
import { findQuantities } from "#text/facts/quantities.ts";
import { presence } from "./chat-controls.ts";
import { contactName } from "./contact-name.ts";
import { withNeighbours } from "./layout.ts";
import { isSure, type LegibleLine, textOf } from "./legible-lines.ts";
import { merchantOf } from "./merchant.ts";
import { passengerOf } from "./passenger.ts";
import { peopleInChat } from "./people-in-chat.ts";

/** Kinds of facts that other kinds of pictures have by chance alone. */
const onlyOf: Partial<Record<FactKind, PictureKind[]>> = {
	seat: ["ticket", "boarding_pass"],
	gate: ["ticket", "boarding_pass"],
	platform: ["ticket", "boarding_pass"],
	flight_number: ["boarding_pass", "ticket", "invoice", "receipt", "event", "chat", "unknown"],
	tax: ["receipt", "invoice", "ticket", "parcel", "form", "unknown"],
};
/** Numbers in source code are no facts of a person's life. */
const inCode: FactKind[] = ["url", "email"];
/** Of a clock at the top of a screen. */
const statusBarBottom = 0.06;

/** Finds what sure lines state; what is kept of it depends on what the picture is. */
export function factsOf(lines: LegibleLine[]) {
	const sure = lines.filter(isSure);
	const all = findFacts(withNeighbours(sure));
	return {
		all,
		for(kind: PictureKind, title: string | null): Fact[] {
			const stamps = new Set(sure.filter((line) => isStamp(line, kind)).map(textOf));
			const kept = all.filter((fact) => {
				if (kind === "code" || kind === "error")
					return inCode.includes(fact.kind) || (kind === "error" && fact.kind === "code");
				if ((fact.kind === "time" || fact.kind === "date") && stamps.has(fact.source_line)) return false;
				return onlyOf[fact.kind]?.includes(kind) ?? true;
			});
			return [...peopleOf(kind, sure, title, kept), ...withTotal(kind, kept), ...quantitiesOf(kind, sure)].slice(
				0,
				maxFacts,
			);
		},
	};
}

/** Detects the time of a message, and the clock of a phone. */
function isStamp(line: LegibleLine, kind: PictureKind): boolean {
	const text = textOf(line);
	if (/^\d{1,2}:\d{2}\b/.test(text) && line.box.y + line.box.height < statusBarBottom && !/\p{L}{3}/u.test(text))
		return true;
	if (kind !== "chat") return false;
	if (presence.test(plainText(text).plain)) return true;
	const rest = plainText(text)
		.plain.replaceAll(/\d{1,2}:\d{2}(?:\s?[ap]m)?/g, "")
		.trim();
	return rest.split(/\s+/).length <= 3 && !/[?!.,]$/.test(rest);
}

/** The one amount on a ticket is its price. */
function withTotal(kind: PictureKind, facts: Fact[]): Fact[] {
	const amounts = facts.filter((fact) => fact.kind === "amount");
	const hasTotal = facts.some((fact) => fact.kind === "total");
	const isPrice =
		(kind === "ticket" || kind === "boarding_pass" || kind === "receipt") && !hasTotal && amounts.length === 1;
	return isPrice ? facts.map((fact) => (fact.kind === "amount" ? { ...fact, kind: "total" } : fact)) : facts;
}

function quantitiesOf(kind: PictureKind, lines: LegibleLine[]): Fact[] {
	if (kind !== "recipe") return [];
	const found = lines.flatMap((line) => {
		const source_line = textOf(line);
		return findQuantities(source_line).map(({ value, unit }) => ({
			kind: "quantity" as const,
			value,
			unit,
			source_line,
		}));
	});
	return found.filter(
		(fact, at) => found.findIndex(({ value, unit }) => value === fact.value && unit === fact.unit) === at,
	);
}

/** Returns who a picture is from or about, by where names stand on its kind. */
function peopleOf(kind: PictureKind, lines: LegibleLine[], title: string | null, facts: Fact[]): Fact[] {
	const named = (kind: FactKind, names: { name: string; line: string }[]): Fact[] =>
		names.map(({ name, line }) => ({ kind, value: name, unit: null, source_line: line }));
	const hasPerson = facts.some((fact) => fact.kind === "person");
	switch (kind) {
		case "chat":
			return named("person", peopleInChat(lines));
		case "receipt":
		case "invoice":
			return named("merchant", merchantOf(lines));
		case "contact":
			return hasPerson ? [] : named("person", contactName(lines, title));
		case "boarding_pass":
		case "ticket":
			return hasPerson ? [] : named("person", passengerOf(lines));
		default:
			return [];
	}
}

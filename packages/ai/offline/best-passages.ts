import type { QuotedItem } from "#core/chat/quoted-items.ts";
import { lexemesIn } from "#text/document.ts";
import { evidenceOf } from "#text/evidence.ts";
import { type FactKind, factKindOf, factNames, factPhrase } from "#text/facts/fact.ts";
import { findFactsInText } from "#text/facts/find-facts.ts";
import type { QuestionKind } from "#text/question.ts";
import { splitSentences } from "#text/sentences.ts";
import { answeringFacts, factWords } from "./asked-facts.ts";
import { type AskedWord, similarityIn, weigher } from "./asked-words.ts";

interface Passage {
	text: string;
	score: number;
}

interface Asked {
	kind: QuestionKind;
	asked: AskedWord[];
	/** The words that say what is asked for. */
	attribute: AskedWord[];
	weights: ReadonlyMap<AskedWord, number>;
	/** The item is the one that is asked about, whatever words it has. @default false */
	isGiven?: boolean;
}

/** How much the words of a line count for the line after it, and for the one before. */
const beforeWeight = 0.5;
const afterWeight = 0.25;
/** A line with words of its own needs no label above. */
const labelledWeight = 0.4;
/** A line that states a fact of a kind that answers the question. */
const factWeight = 0.15;
/** A number beside a word of the question: IN REVIEW 11. */
const besideWeight = 0.4;
/** Headline and summary have most of the words, the lines have the facts. */
const headlineFactor = 0.6;
const summaryFactor = 0.8;
/** Prose that alone has the word that says what is asked for. */
const onlyProseFactor = 1.2;
/** Lines without the word that says what is asked for, where another has it: next to it, and elsewhere. */
const nextToAttribute = 0.7;
const awayFromAttribute = 0.4;
/** Evidence that the question has itself. */
const knownEvidence = 0.4;
/** A number alone tells little without what it is for. */
const minEvidence = 0.2;
const maxPassages = 2;
const tie = 0.97;

/** Returns the passages of an item that have the kind of fact that is asked for, the best first; several only if they are as good. */
export function bestPassages(item: QuotedItem, { kind, asked, attribute, weights, isGiven = false }: Asked): Passage[] {
	const share = weigher(asked, weights);
	const answering = answeringFacts(kind);
	const read = (text: string, stated: FactKind[] = []) => {
		const lexemes = new Set([...lexemesIn(text), ...initialsIn(text, asked), ...stated.flatMap(factWords)]);
		const evidence = Math.max(evidenceOf(kind, withoutAsked(text, asked)), knownEvidence * evidenceOf(kind, text));
		const hasFact = stated.some((each) => answering.has(each));
		return { text, own: share(lexemes), hasAttribute: hasAll(attribute, lexemes), evidence, hasFact };
	};
	const texts = item.extractedText
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line);
	const facts = findFactsInText(texts);
	const stated = Map.groupBy(facts, ({ source_line: line }) => line);
	const lines = texts.map((text) =>
		read(
			text,
			(stated.get(text) ?? []).map((fact) => fact.kind),
		),
	);
	const headline = read(item.headline);
	const prose = [item.summary, item.note ?? ""].flatMap((text) => splitSentences(text)).map((text) => read(text));
	const isInLines = lines.some(({ hasAttribute }) => hasAttribute);

	/** A line with a fact of its own labels no other. */
	const labelShare = (line: (typeof lines)[number] | undefined) =>
		line && (isOpen(kind) || line.evidence <= knownEvidence) ? line.own : 0;

	const ofLines = lines.map(({ text, own, hasAttribute, evidence, hasFact }, at): Passage => {
		const [before, after] = [lines[at - 1], lines[at + 1]];
		const isBare = !/\p{L}{3}/u.test(text);
		const near =
			Math.max(labelShare(before) * beforeWeight, labelShare(after) * afterWeight) * (isBare ? 1 : labelledWeight);
		const isAbout = isGiven || own + near > 0 || (tellsItself(kind) && headline.own > 0);
		const isNext = before?.hasAttribute || after?.hasAttribute;
		const factor = hasAttribute || tellsItself(kind) || !isInLines ? 1 : isNext ? nextToAttribute : awayFromAttribute;
		const bonus = (hasFact ? factWeight : 0) + (isBeside(text, asked) ? besideWeight : 0);
		return {
			text: withContext(texts, at, kind, own > 0 ? "" : item.headline),
			score: evidence < minEvidence || !isAbout ? 0 : (own + near + evidence + bonus) * factor,
		};
	});
	const ofProse = (read: typeof headline, factor: number): Passage => {
		const { text, own, hasAttribute, evidence } = read;
		const isOnlyHere = hasAttribute && !isInLines && !tellsItself(kind) && evidence > knownEvidence;
		return {
			text:
				isOpen(kind) && isOnlyHere
					? withLines(text, texts)
					: isOpen(kind) && attribute.length === 0
						? describe(item)
						: text,
			score:
				evidence < minEvidence || (own === 0 && !isGiven)
					? 0
					: (own + evidence) * (isOnlyHere ? onlyProseFactor : factor),
		};
	};
	/** "Which gate does the flight leave from" asks for the gate. */
	const isFirst = (name: FactKind) =>
		asked[0] !== undefined && similarityIn(asked[0], new Set(lexemesIn(factNames[name]))) > 0;
	const ofFact = ({ text, own, hasAttribute, evidence }: typeof headline, name: FactKind): Passage => ({
		text: own > 0 && !isGiven ? `${withoutStop(item.headline)}: ${text}` : text,
		score:
			evidence < minEvidence || own === 0
				? 0
				: (own + evidence + factWeight + (isFirst(name) ? besideWeight : 0)) *
					(hasAttribute || attribute.length === 0 ? 1 : awayFromAttribute),
	});
	const ranked = [
		...ofLines,
		...factPassages(item, answering, new Set(facts.map(factPhrase))).map(({ text, name }) =>
			ofFact(read(text, [name]), name),
		),
		ofProse(headline, headlineFactor),
		...prose.map((sentence) => ofProse(sentence, summaryFactor)),
	]
		.filter(({ score }) => score > 0)
		.sort((a, b) => b.score - a.score);
	const best = ranked[0]?.score ?? 0;
	return ranked.filter(({ score }) => score >= best * tie).slice(0, isOpen(kind) ? 1 : maxPassages);
}

/** True where a fact tells what it is by itself; a code or a count does only beside its label. */
const tellsItself = (kind: QuestionKind) =>
	["amount", "date", "time", "place", "duration", "frequency", "temperature"].includes(kind);

/** True where any passage may be the answer. */
const isOpen = (kind: QuestionKind) => kind === "thing" || kind === "yes_no";

const hasAll = (words: AskedWord[], text: ReadonlySet<string>) =>
	words.length > 0 && words.every((word) => similarityIn(word, text) > 0);

/** Returns the facts that no line states by itself: a label stands elsewhere, or a model read more than the lines say. */
function factPassages({ labels }: QuotedItem, answering: ReadonlySet<FactKind>, stated: ReadonlySet<string>) {
	return labels.split("\n").flatMap((text) => {
		const name = factKindOf(text);
		return name && answering.has(name) && !stated.has(text) ? [{ text, name }] : [];
	});
}

const maxDescription = 2;

/** Returns the headline and the beginning of the summary, for a question that any of them may answer. */
const describe = ({ headline, summary }: QuotedItem) =>
	[headline, ...splitSentences(summary).slice(0, maxDescription)].join("\n");

/** Removes the names and numbers of the question from a text: what it has already is no answer. */
function withoutAsked(text: string, asked: AskedWord[]): string {
	return asked
		.filter(({ word }) => /\p{Lu}/u.test(word))
		.reduce((rest, { word }) => rest.replaceAll(new RegExp(wholeWord(word), "giu"), " "), withoutNumbers(text, asked));
}

/** Removes the numbers of the question, each with the word before it: bake 14 says nothing of 14 hours. */
function withoutNumbers(text: string, asked: AskedWord[]): string {
	return asked.reduce((rest, { word }, at) => {
		if (!/\p{N}/u.test(word)) return rest;
		const label = ["#", "number", "no", asked[at - 1]?.word ?? "#"].map(escapeRegExp).join("|");
		return rest.replaceAll(new RegExp(`(?<=(?:${label})[^\\p{L}\\p{N}]{0,3})${wholeWord(word)}`, "giu"), " ");
	}, text);
}

const wholeWord = (word: string) => `(?<![\\p{L}\\p{N}])${escapeRegExp(word)}(?![\\p{L}\\p{N}])`;
export const escapeRegExp = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");

/** True where a word of the question labels what follows it, or stands beside a number that the question does not have. */
function isBeside(text: string, asked: AskedWord[]): boolean {
	const rest = withoutNumbers(text, asked);
	return asked.some(({ word, plain }) => {
		const name = escapeRegExp(word);
		return (
			plain !== null &&
			new RegExp(
				`(?<!\\p{L})${name}\\p{L}{0,2}(?:[^\\p{L}\\p{N}]{1,3}\\d|[\\p{L} ]{0,12}[:=]\\s?\\S)|\\d[^\\p{L}\\p{N}]{0,2}${name}`,
				"iu",
			).test(rest)
		);
	});
}

/** Returns the lexemes of neighbouring asked words where a text abbreviates them: PD for pupillary distance. */
function initialsIn(text: string, asked: AskedWord[]): string[] {
	return asked.slice(1).flatMap((word, at) => {
		const before = asked[at];
		const initials = `${before?.word[0] ?? ""}${word.word[0] ?? ""}`.toUpperCase();
		return before && new RegExp(`(?<!\\p{L})${escapeRegExp(initials)}(?!\\p{L})`, "u").test(text)
			? [before, word].flatMap(({ lexemes }) => lexemes.map(({ lexeme }) => lexeme))
			: [];
	});
}

/** Returns a line with what a reader needs to understand it: the label above a bare value, or the item's headline. */
function withContext(lines: string[], at: number, kind: QuestionKind, headline: string): string {
	const line = lines[at] ?? "";
	const next = lines[at + 1] ?? "";
	const before = lines[at - 1];
	const isBare = !/\p{L}{3}/u.test(line);
	const labelled = isBare && before && before.length <= 60 ? `${before}: ${line}` : line;
	// A password stands below the name of its network.
	const isCodeBelow = kind === "code" && /^\S{6,40}$/.test(next) && /[\p{N}-]/u.test(next) && /[:=]/.test(line);
	const whole = isCodeBelow ? `${labelled} / ${next}` : labelled;
	return headline ? `${withoutStop(headline)}: ${whole}` : whole;
}

const maxLines = 3;

/** Returns a sentence with the first lines of its item, which may say what it only names. */
const withLines = (text: string, lines: string[]) =>
	lines.length > 0 ? `${withoutStop(text)}: ${lines.slice(0, maxLines).map(withoutStop).join(" / ")}` : text;

const withoutStop = (text: string) => text.replace(/[.!?…\s]+$/, "");

/** A part of a query that says what to leave out. */
interface Negation {
	/** Offsets in the query, from the negating word on. */
	start: number;
	end: number;
	/** The words to leave out. */
	phrase: string;
}

/**
 * Words that negate what follows. Not among them: a bare "no" or "not", as on a sign ("no parking") or in an error
 * ("not found"), nor what a sign says in these words ("not for sale"), a font ("Comic Sans") or a film ("Sin City").
 */
const negating =
	/(?<![\p{L}\p{N}-])(?:without|excluding|except(?:\s+for)?|other\s+than|apart\s+from|but\s+(?:not|no)|with\s+no|not\s+(?:from|by|at|in|for|with)(?!\s+(?:sale|resale|use|service|stock|rent|hire)(?!\p{L}))|ohne|au(?:ß|ss)er|aber\s+(?:nicht|kein(?:e[nrms]?)?)|(?<!(?:comic|dm|fira|gill|noto|open|source|work)\s)sans(?!\s+serif)|sauf|hormis|(?<!original\s)sin(?!\s+city)|excepto|(?<!(?:más|mas|al)(?:\s+o)?\s)menos|senza|tranne|sem|exceto|zonder|behalve|utan|uden|uten|bez|без|кроме|بدون|χωρίς|fără)\s+(?=\p{L}|\p{N})/giu;
const article =
	/^(?:(?:the|a|an|any|my|der|die|das|den|ein|eine|einen|le|la|les|un|une|el|los|las|il|lo|gli|o|os|as|de|het|een)\s+|[dl]['’])+/i;
/** Words before which the words to leave out end; a comma ends them, too. */
const ending =
	/[,;.!?]|\s+(?:for|from|in|at|on|with|to|of|by|under|over|that|which|für|mit|von|aus|im|in|bei|pour|avec|dans|para|con|en|per|nel|com|voor|met|på|med|fra|från|na|для|на|с|из|от|в)\s+/i;
const conjunction = /\s+(?:or|and|nor|oder|und|ou|et|o|y|e|of|og|och|eller|lub|и|или)\s+/i;

/** A query whose negations in words are marks: `-word` and `-"a phrase"`. */
interface NegatedQuery {
	text: string;
	/** The marks that stand for words, in their order. */
	negations: string[];
}

/** Writes negations in words as marks: "interview prep without product management" as `interview prep -"product management"`. */
export function markNegations(query: string): NegatedQuery {
	const found = negationsIn(query);
	if (found.length === 0) return { text: query, negations: [] };
	const negations = found.map(({ phrase }) => `-${/\s/.test(phrase) ? `"${phrase}"` : phrase}`);
	const rest = found
		.map(({ start }, at) => query.slice(found[at - 1]?.end ?? 0, start))
		.concat(query.slice(found.at(-1)?.end));
	return { text: [rest.join(" ").replaceAll(/\s+/g, " ").trim(), ...negations].join(" "), negations };
}

/** Matches `-word` and `-"a phrase"`. */
const marks = /(?<!\S)-(?:"[^"]*"?|(?=[\p{L}\p{N}])\S+)/gu;

/** Returns a query without what its marks leave out. */
export function withoutNegations(query: string): string {
	return query.replaceAll(marks, " ").replaceAll(/\s+/g, " ").trim();
}

function negationsIn(query: string): Negation[] {
	const found: Negation[] = [];
	const firstWord = query.search(/\S/);
	const matches = [...query.matchAll(negating)];
	for (const [index, match] of matches.entries()) {
		const from = match.index + match[0].length;
		if (match.index < (found.at(-1)?.end ?? 0)) continue;
		const rest = query.slice(from, matches[index + 1]?.index);
		const length = rest.search(ending);
		const scope = length < 0 ? rest : rest.slice(0, length);
		const end = from + scope.length;
		// Leaving out everything is no search.
		if (match.index === firstWord && query.slice(end).trim() === "") continue;
		for (const [at, part] of scope.split(conjunction).entries()) {
			const phrase = part.trim().replace(article, "");
			if (phrase) found.push({ start: at === 0 ? match.index : end, end, phrase });
		}
	}
	return found;
}

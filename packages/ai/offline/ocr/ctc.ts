/** A character and where it is in its line: the first step of the recognizer at which it was the most probable. */
export interface Character {
	text: string;
	/** 0 to 1. */
	confidence: number;
	step: number;
}

/** Between two characters a space is as good as never the most probable; above this there is one. */
const minSpace = 0.02;

/**
 * Decodes a recognizer's output, which gives each of its steps a probability for "no character", then for each character of
 * its alphabet, then for a space (CTC: equal characters in a row are one, unless "no character" is between them).
 */
export function decode(
	probabilities: Float32Array,
	alphabet: readonly string[],
): { characters: Character[]; steps: number } {
	const classes = alphabet.length + 2;
	const space = classes - 1;
	const steps = probabilities.length / classes;
	const characters: Character[] = [];
	let before = 0;
	let spaceSinceLast = 0;
	for (let step = 0; step < steps; step++) {
		const row = step * classes;
		let best = 0;
		for (let at = 1; at < classes; at++) {
			if ((probabilities[row + at] as number) > (probabilities[row + best] as number)) best = at;
		}
		const confidence = probabilities[row + best] as number;
		const isCharacter = best !== 0 && best !== space && best !== before;
		if (isCharacter) {
			const text = alphabet[best - 1] as string;
			const last = characters.at(-1);
			if (last && spaceSinceLast > minSpace && !(isIdeograph(last.text) && isIdeograph(text))) {
				characters.push({ text: " ", confidence: 1, step });
			}
			characters.push({ text, confidence, step });
			spaceSinceLast = 0;
		} else {
			const last = characters.at(-1);
			// A character lasts for several steps; the surest of them counts.
			if (last && best === before && best !== 0 && best !== space)
				last.confidence = Math.max(last.confidence, confidence);
			spaceSinceLast = Math.max(spaceSinceLast, probabilities[row + space] as number);
		}
		before = best;
	}
	return { characters, steps };
}

/** Chinese and Japanese have no spaces between words. */
const isIdeograph = (text: string) => /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text);

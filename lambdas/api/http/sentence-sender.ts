import { presentSentences } from "../presenters/sentences.ts";

type Send = (event: "sentence" | "withdrawn", data: unknown) => void;

/**
 * Sends the sentences of a verified text as it grows. A text that does not go on from what was sent, as where the model
 * called a tool after it, takes that back by `withdrawn`.
 */
export function sentenceSender(send: Send) {
	let sent = "";
	const sendRest = (text: string) => {
		if (!text.startsWith(sent)) {
			send("withdrawn", {});
			sent = "";
		}
		for (const sentence of presentSentences(text.slice(sent.length))) send("sentence", sentence);
		sent = text;
	};
	return {
		/** Sends what is new; a shorter text waits until it has grown. */
		grow(text: string): void {
			if (!sent.startsWith(text)) sendRest(text);
		},
		/** Sends what is left of the answer. */
		end: sendRest,
	};
}

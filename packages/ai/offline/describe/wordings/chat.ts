import { plainText } from "#text/facts/any-word.ts";
import { inputField, presence } from "../chat-controls.ts";
import { joinNames, sentence } from "../format.ts";
import { openingOf } from "../opening.ts";
import { type Page, valuesIn } from "../page.ts";
import { factSentences, isText, type Wording } from "./parts.ts";

const maxQuoted = 80;
/** "last seen today at 14:02" */
const maxPresenceWords = 5;

/** Describes a chat by who takes part and what was written last. */
export function chat(page: Page): Wording {
	const people = valuesIn(page, "person");
	const who = people.length > 0 ? `Chat with ${joinNames(people)}` : page.title ? `Chat: ${page.title}` : "Chat";
	const messages = messagesIn(page);
	const last = messages.length > 1 ? messages.at(-1) : null;
	return {
		headline: last ? `${who}: ${last.slice(0, maxQuoted).toWellFormed()}` : who,
		summary: [
			sentence(who),
			messages.length > 0 && `It says: ${openingOf(messages)}`,
			last && `Last message: ${sentence(last)}`,
			...factSentences(page, "code", "phone"),
		].filter(isText),
	};
}

const stamp = /^\D{0,12}\d{1,2}:\d{2}(?: ?[ap]m)?\D{0,8}$/;

/** Returns messages; their lines have words that are neither a name, a field, a time nor who is there. */
function messagesIn({ texts, facts }: Page): string[] {
	const names = facts.filter(({ kind }) => kind === "person").map(({ source_line }) => source_line);
	const lines = texts.filter((text) => {
		const { plain } = plainText(text.trim());
		const isShort = plain.split(/\s+/).length <= maxPresenceWords;
		return (
			/\p{L}{2}/u.test(plain) &&
			!inputField.test(plain) &&
			!stamp.test(plain) &&
			!(isShort && presence.test(plain)) &&
			!names.includes(text)
		);
	});
	const messages: string[] = [];
	for (const line of lines) {
		const before = messages.at(-1);
		// A line in lower case goes on with the message above.
		const goesOn = before !== undefined && /^\p{Ll}/u.test(line) && !/[.!?]$/.test(before);
		if (goesOn) messages.splice(-1, 1, `${before} ${line}`);
		else messages.push(line);
	}
	return messages;
}

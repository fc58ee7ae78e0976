import { plainText } from "#text/facts/any-word.ts";
import { joinNames, sentence } from "../format.ts";
import { openingOf } from "../opening.ts";
import { type Page, valuesIn } from "../page.ts";
import { factSentences, isText, type Wording } from "./parts.ts";

const maxQuoted = 80;

/** Describes a chat by who takes part and what was written last. */
export function chat(page: Page): Wording {
	const people = valuesIn(page, "person");
	const who = people.length > 0 ? `Chat with ${joinNames(people)}` : page.title ? `Chat: ${page.title}` : "Chat";
	const messages = messagesIn(page.texts, people);
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

/** The empty field below the messages. */
const inputField =
	/^(?:(?:type|write|send) a message|imessage|message(?: #.*)?|text message|nachricht(?: schreiben)?|escribe un mensaje|ecrire un message|aa|メッセージを入力|发送消息)$/;
const stamp = /^\D{0,12}\d{1,2}:\d{2}(?: ?[ap]m)?\D{0,8}$/;

/** Returns the lines with words that are neither a name, a field nor a time. */
function messagesIn(texts: string[], people: string[]): string[] {
	return texts.filter((text) => {
		const { plain } = plainText(text.trim());
		return /\p{L}{2}/u.test(plain) && !inputField.test(plain) && !stamp.test(plain) && !people.includes(text);
	});
}

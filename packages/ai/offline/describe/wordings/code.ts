import { plainText } from "#text/facts/any-word.ts";
import { joinKnown, sentence } from "../format.ts";
import { factIn, type Page } from "../page.ts";
import { languageOfCode } from "../programming-language.ts";
import { isText, quote, type Wording } from "./parts.ts";

const maxFirstLine = 90;
const maxQuotedLines = 8;
const maxQuoted = 300;
const maxMessage = 160;

/** Describes source code by its language and its first lines. */
export function code({ texts }: Page): Wording {
	const name = `${languageOfCode(texts) ?? "Source"} code`;
	const first = texts.find((text) => /\p{L}{2}/u.test(text)) ?? "";
	return {
		headline: `${name}: ${first.trim().slice(0, maxFirstLine)}`,
		summary: [
			`${name} of ${texts.length} lines.`,
			`It begins: ${texts.slice(0, maxQuotedLines).join(" ").slice(0, maxQuoted).toWellFormed()}`,
		],
	};
}

/** Describes a message about an error by what went wrong. */
export function errorMessage(page: Page): Wording {
	const message = messageIn(page);
	const number = factIn(page, "code")?.value;
	return {
		headline: joinKnown(
			/error/i.test(message) ? message : `Error: ${message}`,
			number && !message.includes(number) && `code ${number}`,
		),
		summary: [
			`Error message${number ? ` with the code ${number}` : ""}: ${sentence(message)}`,
			quote(page, message),
		].filter(isText),
	};
}

const errorWords =
	/error|exception|fail|wrong|couldn't|could not|cannot|not found|fehler|nicht|erreur|refuse|problema|エラー|错误|失败/;

/** Returns the line that says what went wrong: of a stack trace the last, else the title. */
function messageIn({ texts, title }: Page): string {
	const named = texts.findLast((text) => /^(?:[\w.]*(?:Error|Exception)|error\b(?! code).*):/.test(text));
	const isError = (text: string) => errorWords.test(plainText(text).plain);
	const said = [title ?? "", ...texts].find(isError);
	return (named ?? said ?? title ?? "").slice(0, maxMessage).toWellFormed();
}

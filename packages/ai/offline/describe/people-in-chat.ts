import { plainText, wordPattern } from "#text/facts/any-word.ts";
import { type LegibleLine, textOf } from "./legible-lines.ts";

const oneself = new Set("you me ich du vous moi tu yo yourself dir".split(" "));
const noName = wordPattern(
	"online|today|yesterday|typing|last seen|read|delivered|message|heute|gestern|nachricht|hier|aujourd'hui|hoy|ayer|chats?|edit|back|active|muted|group|members?|en linea|zuletzt|vu|hello|hi|hey|thanks|ok|okay|yes|no|danke|merci|gracias|sent",
	"今日|昨日|既読|已读|昨天|今天|在线",
);
const senderAndTime = /^(?<name>\p{L}[\p{L}\p{M}.'’ -]{0,30}?),?\s+\d{1,2}:\d{2}(?:\s?[AP]M)?$/iu;
/** The head of a chat ends here. */
const headBottom = 0.3;
const maxHeadLines = 3;
const maxNameWords = 3;

/** Returns who writes in a chat beside its owner: the names above messages, the members in its head, or its title. */
export function peopleInChat(lines: LegibleLine[]): { name: string; line: string }[] {
	const texts = lines.map((line) => textOf(line).trim());
	const senders = texts.flatMap((line) => {
		const name = senderAndTime.exec(line)?.groups?.name;
		return name && isName(name) ? [{ name, line }] : [];
	});
	const head = lines.filter(({ box }) => box.y < headBottom).map((line) => textOf(line).trim());
	const members = head.flatMap((line) => {
		const names = line.split(/,\s*|\s&\s/);
		const isList = names.length > 1 && names.every((name) => isName(name) || isOneself(name));
		return isList ? names.filter((name) => !isOneself(name)).map((name) => ({ name, line })) : [];
	});
	// A name alone above each message.
	const repeated = texts
		.filter((text, at) => isName(text) && texts.indexOf(text) !== at && /^\p{Lu}/u.test(text))
		.map((line) => ({ name: line, line }));
	const found = [senders, members, repeated].find((names) => names.length > 0);
	if (found) return found.filter(({ name }, at) => found.findIndex((each) => each.name === name) === at);
	const title = head.slice(0, maxHeadLines).find((line) => isName(withoutInitial(line)));
	return title === undefined ? [] : [{ name: withoutInitial(title), line: title }];
}

/** Drops the letter that stands for a portrait beside the name. */
const withoutInitial = (text: string) => text.replace(/^(\p{Lu})\s(?=\1\p{Ll})/u, "");

const isOneself = (name: string) => oneself.has(plainText(name.trim()).plain);

function isName(text: string): boolean {
	const { plain } = plainText(text.trim());
	if (/[?!,:;()]|\.$|\d/.test(plain) || noName.test(plain) || isOneself(text)) return false;
	if (/[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}]/u.test(text)) return text.length <= 8;
	return plain.length >= 2 && plain.split(/\s+/).length <= maxNameWords && /^\p{Lu}/u.test(text.trim());
}

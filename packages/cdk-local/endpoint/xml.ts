/** What an XML element holds: text, or children by name; an array repeats its element. */
export type Xml = string | { [name: string]: Xml | Xml[] | undefined };

/** A document with one root element, in a namespace where one is given. */
export function xmlDocument(
	root: string,
	content: Xml,
	namespace?: string,
): string {
	const within = namespace === undefined ? "" : ` xmlns="${namespace}"`;
	return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${within}>${inner(content)}</${root}>`;
}

function inner(content: Xml): string {
	if (typeof content === "string") return escapeText(content);
	return Object.entries(content)
		.flatMap(([name, value]) =>
			[value]
				.flat()
				.filter((each) => each !== undefined)
				.map((each) => `<${name}>${inner(each)}</${name}>`),
		)
		.join("");
}

const entities: Record<string, string> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"\r": "&#xD;",
	"\n": "&#xA;",
};

function escapeText(text: string): string {
	return text.replace(/[&<>"\r\n]/g, (character) => entities[character] ?? "");
}

import type { AwsResponse } from "../../types.ts";

/** What an XML element holds: text, or children by name; an array repeats its element. */
export type Xml = string | { [name: string]: Xml | Xml[] | undefined };

const namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** A document as S3 writes it. */
export function xmlDocument(root: string, content: Xml): string {
	return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} ${namespace}>${inner(content)}</${root}>`;
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

/** An XML answer in S3's namespace. */
export function xmlResponse(
	root: string,
	content: Xml,
	headers: Record<string, string> = {},
): AwsResponse {
	return {
		status: 200,
		headers: { "content-type": "application/xml", ...headers },
		body: xmlDocument(root, content),
	};
}

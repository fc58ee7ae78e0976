import { XMLBuilder, XMLParser } from "fast-xml-parser";

/** The content of an XML element: text, or children by name; an array repeats its element. */
export type Xml = string | { [name: string]: Xml | Xml[] | undefined };

const builder = new XMLBuilder({
	ignoreAttributes: false,
	attributeNamePrefix: "@",
});

/** Writes a document with one root element, in `namespace` if there is one. */
export function xmlDocument(root: string, content: Xml, namespace?: string): string {
	const document = builder.build({
		"?xml": { "@version": "1.0", "@encoding": "UTF-8" },
		[root]: {
			...(namespace !== undefined && { "@xmlns": namespace }),
			...(typeof content === "string" ? { "#text": content } : content),
		},
	});
	// A parser turns every literal line break into \n, so object keys would come back changed.
	return document.replaceAll("\r", "&#xD;").replaceAll("\n", "&#xA;");
}

/** Reads a document in which the elements named in `lists` repeat. Text is not trimmed, and "1e3" stays text. */
export function parseXml(bytes: Uint8Array, { lists }: { lists: string[] }): unknown {
	return new XMLParser({
		parseTagValue: false,
		trimValues: false,
		htmlEntities: true,
		isArray: (name) => lists.includes(name),
	}).parse(bytes);
}

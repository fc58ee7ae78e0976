import { XMLParser } from "fast-xml-parser";
import { fieldsOf, textOf } from "./source.ts";

/** The part of a sidecar of Lightroom, digiKam, darktable or Immich that is carried. */
export interface XmpDescription {
	description: string | null;
	tags: string[];
	/** With an offset, or without where the sidecar has none. */
	takenAt: string | null;
	hasRating: boolean;
}

const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "", parseTagValue: false });

/**
 * Reads XMP in the order in which Immich does: a property may be an element or an attribute of `rdf:Description`.
 * @throws Error where it is no XMP
 */
export function readXmp(text: string): XmpDescription {
	const rdf = fieldsOf(fieldsOf(fieldsOf(parser.parse(text, true))["x:xmpmeta"])["rdf:RDF"]);
	const descriptions = eachOf(rdf["rdf:Description"]).map(fieldsOf);
	if (descriptions.length === 0) throw new Error("it has no rdf:Description");
	const property = (name: string) => descriptions.map((each) => each[name]).find((value) => value !== undefined);
	const texts = (name: string) => textsOf(property(name));
	const tags = [
		texts("digiKam:TagsList"),
		texts("lr:hierarchicalSubject").map((tag) => tag.replaceAll("|", "/")),
		texts("dc:subject"),
	].find((names) => names.length > 0);
	const times = ["exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate"].flatMap(texts);
	return {
		description: texts("dc:description")[0] ?? texts("tiff:ImageDescription")[0] ?? null,
		tags: tags ?? [],
		takenAt: times[0]?.replace(/^(\d{4}):(\d\d):(\d\d)/, "$1-$2-$3") ?? null,
		hasRating: texts("xmp:Rating").some((rating) => Number(rating) > 0),
	};
}

const eachOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** Reads a text, or the texts of an `rdf:Alt`, `rdf:Bag` or `rdf:Seq`. */
function textsOf(value: unknown): string[] {
	const text = textOf(value) ?? textOf(fieldsOf(value)["#text"]);
	if (text) return [text];
	const list = ["rdf:Alt", "rdf:Bag", "rdf:Seq"].map((name) => fieldsOf(value)[name]).find((each) => each);
	return eachOf(fieldsOf(list)["rdf:li"]).flatMap(textsOf);
}

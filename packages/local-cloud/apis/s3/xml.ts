import type { AwsResponse } from "../../types.ts";
import { type Xml, xmlDocument } from "../../xml.ts";

export type { Xml } from "../../xml.ts";

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/** An XML answer in S3's namespace. */
export function xmlResponse(
	root: string,
	content: Xml,
	headers: Record<string, string> = {},
): AwsResponse {
	return {
		status: 200,
		headers: { "content-type": "application/xml", ...headers },
		body: xmlDocument(root, content, namespace),
	};
}

import type { AwsResponse } from "../../endpoint/types.ts";
import { type Xml, xmlDocument } from "../../endpoint/xml.ts";

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/** Answers 200 with a document in S3's namespace. */
export function xmlResponse(root: string, content: Xml, headers: Record<string, string> = {}): AwsResponse {
	return {
		status: 200,
		headers: { "content-type": "application/xml", ...headers },
		body: xmlDocument(root, content, namespace),
	};
}

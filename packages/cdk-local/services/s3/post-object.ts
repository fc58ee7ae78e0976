import {
	AwsError,
	type AwsResponse,
	notImplemented,
	type SignedPolicy,
} from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import { requireKeyLength, type S3Call } from "./call.ts";
import { storedHeaders, versionHeader } from "./headers.ts";
import { putting } from "./permissions.ts";
import { readPostForm } from "./post-form.ts";
import { checkFields, type PostPolicy, parsePolicy } from "./post-policy.ts";
import type { Buckets } from "./store.ts";
import { xmlResponse } from "./xml.ts";

/** Stores the file of a form, where the policy in its fields allows exactly that. */
export async function postObject(
	{ request, bucket, key: path }: S3Call,
	body: AsyncIterable<Buffer>,
	verify: (policy: SignedPolicy) => Promise<void>,
	buckets: Buckets,
	state: State,
): Promise<AwsResponse> {
	if (path) {
		throw new AwsError(
			"MethodNotAllowed",
			"The specified method is not allowed against this resource.",
			405,
		);
	}
	if (request.headers["content-length"] === undefined) {
		throw new AwsError(
			"MissingContentLength",
			"You must provide the Content-Length HTTP header.",
			411,
		);
	}
	buckets.bucket(bucket);
	using form = await readPostForm(body, request.headers["content-type"] ?? "");
	const { fields } = form;

	if (!fields.has("policy")) {
		throw new AwsError("AccessDenied", "Access Denied", 403);
	}
	const key = required(fields, "key").replaceAll(
		/\$\{filename\}/g,
		// A function, since a file name may contain patterns such as $&.
		() => form.filename ?? "",
	);
	fields.set("key", key);
	await verify({
		policy: required(fields, "policy"),
		algorithm: required(fields, "X-Amz-Algorithm"),
		credential: required(fields, "X-Amz-Credential"),
		time: required(fields, "X-Amz-Date"),
		signature: required(fields, "X-Amz-Signature"),
		token: fields.get("x-amz-security-token"),
	});
	const policy = parsePolicy(required(fields, "policy"));
	// The bucket is the one that is posted to; a field that names another is another form.
	if (!fields.has("bucket")) fields.set("bucket", bucket);
	if (fields.get("bucket") !== bucket) {
		throw new AwsError(
			"AccessDenied",
			`Invalid according to Policy: Policy Condition failed: ${JSON.stringify(["eq", "$bucket", fields.get("bucket")])}`,
			403,
		);
	}
	checkFields(policy, fields, state.now());
	// A form can do what its signer may do by then.
	request.rights.require([putting(bucket, key)]);
	requireKeyLength(key);
	const headers = keptFields(fields);

	const draft = await buckets.draft(withinLength(policy.length, form.file));
	try {
		await form.ended;
	} catch (error) {
		await buckets.discard(draft);
		throw error;
	}
	const stored = await buckets.put({
		bucket,
		key,
		bytes: draft,
		headers,
		requestId: request.requestId,
		reason: "PostObject",
	});
	const location = `${state.endpoint}/${bucket}/${encodeURIComponent(key)}`;
	const answer = {
		location,
		etag: `"${stored.etag}"`,
		...versionHeader(buckets, bucket, stored.versionId),
	};
	switch (fields.get("success_action_status")) {
		case "201":
			return {
				...xmlResponse(
					"PostResponse",
					{ Location: location, Bucket: bucket, Key: key, ETag: answer.etag },
					answer,
				),
				status: 201,
			};
		case "200":
			return { status: 200, headers: answer };
		default:
			return { status: 204, headers: answer };
	}
}

function required(fields: Map<string, string>, name: string): string {
	const value = fields.get(name.toLowerCase());
	if (value === undefined) {
		throw new AwsError(
			"InvalidArgument",
			`Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
			400,
			{},
			{ ArgumentName: name, ArgumentValue: "" },
		);
	}
	return value;
}

/** Lets no more than the allowed bytes through, and counts the rest for the refusal. */
async function* withinLength(
	{ least, most }: PostPolicy["length"],
	content: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
	let size = 0;
	for await (const chunk of content) {
		size += chunk.length;
		if (size <= most) yield chunk;
	}
	if (size > most) {
		throw new AwsError(
			"EntityTooLarge",
			"Your proposed upload exceeds the maximum allowed size",
			400,
			{},
			{ ProposedSize: String(size), MaxSizeAllowed: String(most) },
		);
	}
	if (size < least) {
		throw new AwsError(
			"EntityTooSmall",
			"Your proposed upload is smaller than the minimum allowed size",
			400,
			{},
			{ ProposedSize: String(size), MinSizeAllowed: String(least) },
		);
	}
}

/** Fields that say how the upload is done, not what is kept with the object. */
const ofTheUpload =
	/^(key|bucket|policy|success_action_status|x-amz-(algorithm|credential|date|signature|security-token)|x-ignore-.*)$/;

function keptFields(fields: Map<string, string>): Record<string, string> {
	const kept: Record<string, string> = {};
	for (const [name, value] of fields) {
		if (ofTheUpload.test(name)) continue;
		if (!storedHeaders.includes(name) && !name.startsWith("x-amz-meta-")) {
			throw notImplemented(`The form field ${name}`);
		}
		kept[name] = value;
	}
	return kept;
}

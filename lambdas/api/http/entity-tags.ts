import { AppError } from "#core/errors.ts";

const tag = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"';
const list = new RegExp(`^${tag}(?:[ \\t]*,[ \\t]*${tag})*$`);

/**
 * Reads the entity tags of `If-Match` or `If-None-Match` (RFC 9110), of which `*` is any.
 * @returns null where the header is absent
 * @throws AppError `invalid_request` where it is no list of entity tags
 */
export function entityTagsIn(name: string, header: string | undefined): string[] | null {
	const value = header?.trim();
	if (value === undefined) return null;
	if (value === "*") return ["*"];
	if (!list.test(value)) {
		throw new AppError(
			"invalid_request",
			`The header ${name} is no list of entity tags: send the ETag of an answer as it is, with its quotes, or leave it out.`,
		);
	}
	return value.match(new RegExp(tag, "g"));
}

/**
 * Tells if the request has this version already, by its `If-None-Match`, which compares tags weakly.
 * @throws AppError `invalid_request` where the header is no list of entity tags
 */
export function hasVersion(header: string | undefined, etag: string): boolean {
	const strong = (tag: string) => tag.replace(/^W\//, "");
	const known = entityTagsIn("If-None-Match", header)?.map(strong);
	return known?.some((tag) => tag === strong(etag) || tag === "*") ?? false;
}

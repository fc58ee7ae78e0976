import { randomUUID } from "node:crypto";
import { AppError, itemNotFound } from "../errors.ts";
import type { Ports } from "../ports/index.ts";
import type { Share } from "./share.ts";
import { hashPassword } from "./share-password.ts";
import { hashShareToken, newShareToken } from "./share-token.ts";

export interface ShareRequest
	extends Pick<Share, "itemId" | "albumId" | "title" | "allowDownload" | "keepMetadata" | "expiresAt"> {
	password: string | null;
}

/**
 * Makes a public page of an item or an album.
 * @returns the share with the token of its address, which is stored nowhere
 * @throws AppError `item_not_found`, `album_not_found`, `too_many_shares`
 */
export async function createShare(
	{ shares }: Pick<Ports, "shares">,
	userId: string,
	{ password, ...request }: ShareRequest,
): Promise<{ share: Share; token: string }> {
	const token = newShareToken();
	const tokenHash = hashShareToken(token);
	if (!tokenHash) throw new Error("A new token of a share is malformed.");
	const passwordHash = password === null ? null : await hashPassword(password);
	const share = await shares.create({ ...request, id: randomUUID(), userId, passwordHash, tokenHash });
	if (share) return { share, token };
	if (request.itemId) throw itemNotFound(request.itemId);
	throw new AppError("album_not_found", `There is no album ${request.albumId}.`);
}

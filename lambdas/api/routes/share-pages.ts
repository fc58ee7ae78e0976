import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { AppError, shareNotFound } from "#core/errors.ts";
import { text } from "#core/input-fields.ts";
import { attachment } from "#core/items/attachment.ts";
import { imageTypes, originalKey, thumbnailKey, visionKey } from "#core/items/item.ts";
import type { SharedPage } from "#core/ports/index.ts";
import { enterShare, findShare, isOpen } from "#core/shares/open-share.ts";
import type { Share, SharedPicture } from "#core/shares/share.ts";
import { passSeconds } from "#core/shares/share-password.ts";
import type { ApiEnv } from "../http/api-env.ts";
import { lockedShare, nothingShared, tooManyVisits, wrongFields } from "../http/error-responses.ts";
import { originOf } from "../http/origin.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { idOf, json, open, wholeNumber } from "../http/routing.ts";
import {
	albumPage,
	albumPicturePage,
	itemPage,
	passwordPage,
	problemPage,
	type ShownShare,
} from "../share-page/pages.ts";
import { sharePolicy } from "../share-page/style.ts";
import { routes } from "./table.ts";

const tags = ["Shared pages"];
/** Pictures on a page of an album. */
const pageSize = 60;
/** An original may be larger than an answer of the api: its address is good for as long as following it takes. */
const originalSeconds = 60;
const passCookie = "pass";

const tokenParams = z.object({ token: z.string() });

const pictureSchema = z.object({
	id: z.uuid(),
	title: z.string().nullable(),
	width: z.int(),
	height: z.int(),
	thumbnail_url: z.url(),
	url: z.url().openapi({ description: "A JPEG without metadata, 1568 pixels at its longest side." }),
	download_url: z.url().nullable(),
});

const sharedSchema = z
	.object({
		title: z.string().nullable(),
		allow_download: z.boolean(),
		expires_at: z.iso.datetime().nullable(),
		total: z.int().openapi({ description: "The pictures of the share; of an item that is not processed yet, none." }),
		pictures: z.array(pictureSchema),
	})
	.openapi("Shared");

const html = { "text/html": { schema: z.string() } };
const errors = { 403: lockedShare, 404: nothingShared, 422: wrongFields, 429: tooManyVisits };

const show = open(routes.showShare, {
	tags,
	summary: "A shared item or album, for whoever has its address",
	description:
		"A page for browsers, which accept HTML, and JSON for others; a browser gets errors as pages, too. Of an album a page has 60 pictures, and JSON as many as `limit` says.",
	request: {
		params: tokenParams,
		query: z.strictObject({
			offset: wholeNumber(0, 1_000_000, 0),
			limit: wholeNumber(1, 100, pageSize),
			picture: z.string().optional().openapi({ description: "Shows a page of this picture of an album." }),
		}),
	},
	responses: {
		200: { description: "What is shared.", content: { ...json("", sharedSchema).content, ...html } },
		...errors,
	},
});

const passwordBody = z.strictObject({ password: text(128) });

const enter = open(routes.enterShare, {
	tags,
	summary: "Open a shared page that has a password",
	description:
		"The answer is that of `GET`, with a cookie by which the other routes of the page know the visitor for twelve hours; a form is sent back to the page. All visitors together may guess wrong ten times, and then once in six minutes.",
	request: {
		params: tokenParams,
		body: {
			content: {
				"application/json": { schema: passwordBody },
				"application/x-www-form-urlencoded": { schema: passwordBody },
			},
		},
	},
	responses: {
		200: json("What is shared.", sharedSchema),
		303: { description: "The password is right: to the page." },
		...errors,
	},
});

const picture = open(routes.showSharedPicture, {
	tags,
	summary: "A picture of a shared page",
	request: {
		params: z.object({ token: z.string(), item_id: z.string() }),
		query: z.strictObject({ size: z.enum(["thumbnail", "large", "download"]).default("large") }),
	},
	responses: {
		200: {
			description: "The picture, without metadata.",
			content: { "image/jpeg": { schema: z.string() }, "image/webp": { schema: z.string() } },
		},
		302: { description: "To the original, where its person shares it as it is." },
		...errors,
	},
});

const wantsHtml = (c: Context) => c.req.header("accept")?.includes("text/html") ?? false;

/** Serves what visitors see, who have an address and no token. */
export const register: RegisterRoutes = (app, ports) => {
	const { shares, objects } = ports;

	app.use("/s/*", async (c, next) => {
		await next();
		if (c.error && wantsHtml(c)) await answerAsPage(c);
		c.res.headers.set("x-robots-tag", "noindex, nofollow");
		c.res.headers.append("vary", "accept, cookie");
		if (c.res.headers.get("content-type")?.startsWith("text/html")) {
			c.res.headers.set("content-security-policy", sharePolicy);
		}
		if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "private, no-store");
	});

	/** Finds the share of an address, and counts the request towards its person's limits. */
	async function visited(c: Context<ApiEnv>, token: string): Promise<Share> {
		const share = await findShare(ports, token);
		const limit = await c.get("limiter").take(share.userId, { routeClass: "share" });
		if (limit && !limit.taken.allowed) {
			const { retryAfterSeconds } = limit.taken;
			throw new AppError("rate_limited", `Too many people are looking: try again in ${retryAfterSeconds} seconds.`, {
				retryAfterSeconds,
			});
		}
		return share;
	}

	/** @throws AppError `password_required` */
	async function opened(c: Context<ApiEnv>, token: string): Promise<Share> {
		const share = await visited(c, token);
		if (isOpen(share, getCookie(c, passCookie), new Date())) return share;
		throw new AppError(
			"password_required",
			"This page has a password: send it as `password` by POST to this address, and the cookie of the answer with every request.",
		);
	}

	/** Returns what the share shows, and counts that it was opened: further pages of an album are the same visit. */
	async function openPage(share: Share, range: { offset: number; limit: number }): Promise<SharedPage> {
		const page = await shares.page(share, range);
		if (!page) throw shareNotFound();
		if (range.offset === 0) await shares.countView(share.userId, share.id);
		return page;
	}

	app.openapi(show, async (c) => {
		const { token } = c.req.valid("param");
		const { offset, limit, picture: pictureId } = c.req.valid("query");
		const share = await opened(c, token);
		if (!wantsHtml(c)) {
			const page = await openPage(share, { offset, limit });
			return c.json(presentPage(page, share, `${originOf(c)}/s/${token}`), 200);
		}
		if (pictureId !== undefined) return c.html(await picturePage(share, token, pictureId));
		const page = await openPage(share, { offset, limit: pageSize });
		const shown = shownShare(token, share, page);
		const { pictures } = page;
		const [first] = pictures;
		const preview =
			share.passwordHash === null && first ? `${originOf(c)}/s/${token}/${first.itemId}?size=large` : null;
		return c.html(
			await (share.itemId
				? itemPage(shown, first, preview)
				: albumPage(shown, { pictures, offset, size: pageSize }, preview)),
		);
	});

	async function picturePage(share: Share, token: string, pictureId: string) {
		const found = await shares.picture(share, idOf(pictureId, shareNotFound));
		if (!found) throw shareNotFound();
		const from = Math.max(0, found.place - 1);
		const page = await shares.page(share, { offset: from, limit: 3 });
		if (!page) throw shareNotFound();
		const neighbour = (place: number) => page.pictures[place - from];
		return albumPicturePage(shownShare(token, share, page), found, {
			previous: found.place > 0 ? neighbour(found.place - 1) : undefined,
			next: neighbour(found.place + 1),
			offset: Math.floor(found.place / pageSize) * pageSize,
		});
	}

	app.openapi(enter, async (c) => {
		const { token } = c.req.valid("param");
		const password = c.req.valid("json").password ?? c.req.valid("form").password;
		if (password === undefined) throw new AppError("invalid_fields", "body.password: This field is missing.");
		const share = await visited(c, token);
		const pass = await enterShare(ports, share, password, new Date());
		if (pass !== null) {
			const secure = originOf(c).startsWith("https:");
			setCookie(c, passCookie, pass, {
				path: `/s/${token}`,
				maxAge: passSeconds,
				httpOnly: true,
				sameSite: "Lax",
				secure,
			});
		}
		if (wantsHtml(c)) return c.redirect(`/s/${token}`, 303);
		const page = await openPage(share, { offset: 0, limit: pageSize });
		return c.json(presentPage(page, share, `${originOf(c)}/s/${token}`), 200);
	});

	app.openapi(picture, async (c) => {
		const { token, item_id } = c.req.valid("param");
		const { size } = c.req.valid("query");
		const share = await opened(c, token);
		const found = await shares.picture(share, idOf(item_id, shareNotFound));
		if (!found || (size === "download" && !share.allowDownload)) throw shareNotFound();
		const { userId } = share;
		if (size === "download" && share.keepMetadata) {
			const key = originalKey({ id: found.itemId, userId, mimeType: found.mimeType });
			const filename = downloadName(found, imageTypes[found.mimeType]);
			return c.redirect(await objects.presignGet(key, originalSeconds, { filename }), 302);
		}
		const key = size === "thumbnail" ? thumbnailKey(userId, found.itemId) : visionKey(userId, found.itemId);
		const bytes = await objects.get(key);
		if (!bytes) throw shareNotFound();
		return c.body(Buffer.from(bytes), 200, {
			"content-type": size === "thumbnail" ? "image/webp" : "image/jpeg",
			// Short, so that what was taken back is soon gone from browsers, too.
			"cache-control": "private, max-age=300",
			...(size === "download" && { "content-disposition": attachment(downloadName(found, "jpg")) }),
		});
	});
};

/** A visitor who may save the picture may also know what its file is called. */
const downloadName = ({ originalFilename }: SharedPicture, extension: string) =>
	`${originalFilename.replace(/\.[^.]*$/, "") || "picture"}.${extension}`;

/** The heading of a page is in its person's own words, or there is none. */
const titleOf = ({ title, itemId }: Share, { albumName, pictures }: SharedPage): string | null =>
	title ?? (itemId ? (pictures[0]?.title ?? null) : albumName);

const shownShare = (token: string, share: Share, page: SharedPage): ShownShare => ({
	token,
	title: titleOf(share, page),
	allowDownload: share.allowDownload,
	total: page.total,
});

function presentPage(page: SharedPage, share: Share, address: string): z.infer<typeof sharedSchema> {
	return {
		title: titleOf(share, page),
		allow_download: share.allowDownload,
		expires_at: share.expiresAt?.toISOString() ?? null,
		total: page.total,
		pictures: page.pictures.map(({ itemId, title, width, height }) => ({
			id: itemId,
			title,
			width,
			height,
			thumbnail_url: `${address}/${itemId}?size=thumbnail`,
			url: `${address}/${itemId}?size=large`,
			download_url: share.allowDownload ? `${address}/${itemId}?size=download` : null,
		})),
	};
}

async function answerAsPage(c: Context<ApiEnv>): Promise<void> {
	const { status, headers } = c.res;
	const { title, detail, code } = (await c.res.json()) as { title: string; detail: string; code: string };
	const token = c.req.path.split("/")[2] ?? "";
	const isAboutPassword = ["password_required", "password_wrong", "too_many_guesses"].includes(code);
	const content = isAboutPassword
		? await passwordPage(token, code === "password_required" ? null : detail)
		: await problemPage(title, detail);
	const pageHeaders = new Headers({ "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
	const retryAfter = headers.get("retry-after");
	if (retryAfter) pageHeaders.set("retry-after", retryAfter);
	c.res = undefined;
	c.res = new Response(content.toString(), { status, headers: pageHeaders });
}

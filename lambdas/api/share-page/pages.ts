import { html, raw } from "hono/html";
import type { SharedPicture } from "#core/shares/share.ts";
import { style } from "./style.ts";

/** HTML in which every value is escaped. */
type Html = ReturnType<typeof html>;

/** The content of a page. Its addresses are relative to it. */
export interface ShownShare {
	/** The last part of the address, which begins every address below it. */
	token: string;
	title: string | null;
	allowDownload: boolean;
	total: number;
}

/** A page without the frame of a site: no script, and its one style inline. */
const page = (title: string, content: Html, head?: Html) => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
${head}
<link rel="icon" href="data:,">
<style>${raw(style)}</style>
</head>
<body>
<main>
${content}
</main>
<footer>Shared with Collections</footer>
</body>
</html>
`;

const countOf = (total: number) => `${total} ${total === 1 ? "picture" : "pictures"}`;

const addressOf = (token: string, { itemId }: SharedPicture, size: "thumbnail" | "large" | "download") =>
	`${token}/${itemId}?size=${size}`;

/** The heading of a share that has no words of its own. */
const titleOf = ({ title }: ShownShare) => title ?? "A shared picture";

const downloadLink = (share: ShownShare, picture: SharedPicture) =>
	share.allowDownload &&
	html`<a class="button" href="${addressOf(share.token, picture, "download")}" download>Download</a>`;

const image = (share: ShownShare, picture: SharedPicture, alt: string) =>
	html`<img src="${addressOf(share.token, picture, "large")}" width="${picture.width}" height="${picture.height}" alt="${alt}">`;

/** Previews of links in messengers. */
const preview = (title: string, imageUrl: string | null) =>
	html`<meta property="og:title" content="${title}">
<meta property="og:type" content="website">
${imageUrl !== null && html`<meta property="og:image" content="${imageUrl}">`}`;

export function itemPage(share: ShownShare, picture: SharedPicture | undefined, imageUrl: string | null): Html {
	const title = titleOf(share);
	if (!picture) {
		return page(
			title,
			html`<div class="card"><h1>${title}</h1><p class="quiet">The picture is still being prepared. Reload the page in a minute.</p></div>`,
		);
	}
	return page(
		title,
		html`<article class="picture">
${image(share, picture, title)}
<div class="caption"><h1>${title}</h1>
<div class="links">${downloadLink(share, picture)}</div></div>
</article>`,
		preview(title, imageUrl),
	);
}

export function albumPage(
	share: ShownShare,
	{ pictures, offset, size }: { pictures: SharedPicture[]; offset: number; size: number },
	imageUrl: string | null,
): Html {
	const title = titleOf(share);
	const { token, total } = share;
	const [before, after] = [Math.max(0, offset - size), offset + size];
	const thumbnail = (picture: SharedPicture, at: number) => {
		const name = picture.title ?? `Picture ${offset + at + 1} of ${total}`;
		// The sizes of the pictures, not of their thumbnails: of these the proportions alone count.
		return html`<li><a href="${token}?picture=${picture.itemId}"><img src="${addressOf(token, picture, "thumbnail")}" width="${picture.width}" height="${picture.height}" alt="${name}" loading="lazy"></a></li>
`;
	};
	return page(
		title,
		html`<header><h1>${title}</h1><p class="quiet">${countOf(total)}</p></header>
${
	pictures.length === 0
		? html`<p class="quiet">There is nothing here.</p>`
		: html`<ul class="grid">
${pictures.map(thumbnail)}</ul>`
}
${
	total > size &&
	html`<nav class="pages" aria-label="Pages">
${offset > 0 && html`<a class="button" href="${token}?offset=${before}" rel="prev">Previous page</a>`}
<span class="quiet">${offset + 1} to ${Math.min(after, total)} of ${total}</span>
${after < total && html`<a class="button" href="${token}?offset=${after}" rel="next">Next page</a>`}
</nav>`
}`,
		preview(title, imageUrl),
	);
}

/** One picture of an album, with its neighbours. */
export function albumPicturePage(
	share: ShownShare,
	picture: SharedPicture & { place: number },
	{
		previous,
		next,
		offset,
	}: { previous?: SharedPicture | undefined; next?: SharedPicture | undefined; offset: number },
): Html {
	const { token, total } = share;
	const name = picture.title ?? `Picture ${picture.place + 1} of ${total}`;
	return page(
		`${name} · ${titleOf(share)}`,
		html`<article class="picture">
${image(share, picture, name)}
<div class="caption"><h1>${name}</h1>
<div class="links">
${previous && html`<a class="button" href="${token}?picture=${previous.itemId}" rel="prev">Previous</a>`}
<a class="button" href="${token}?offset=${offset}">All ${total}</a>
${next && html`<a class="button" href="${token}?picture=${next.itemId}" rel="next">Next</a>`}
${downloadLink(share, picture)}
</div></div>
</article>`,
	);
}

/** Asks for the password. It says nothing of what is behind it. */
export const passwordPage = (token: string, problem: string | null): Html =>
	page(
		"Password needed",
		html`<div class="card">
<h1>This page has a password</h1>
<p class="quiet">Whoever sent you the address can tell you the password.</p>
<form method="post" action="${token}">
<label>Password <input name="password" type="password" autocomplete="current-password" required autofocus maxlength="128"${problem !== null && html` aria-invalid="true" aria-describedby="problem"`}></label>
${problem !== null && html`<p class="error" id="problem" role="alert">${problem}</p>`}
<button class="button primary">Open</button>
</form>
</div>`,
	);

export const problemPage = (title: string, detail: string): Html =>
	page(title, html`<div class="card"><h1>${title}</h1><p class="quiet">${detail}</p></div>`);

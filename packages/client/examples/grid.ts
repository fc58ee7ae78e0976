// Uploads 500 drawn pictures, edits, tags and shares some, and writes grid.html, which shows them: see ../README.md.
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { CollectionsClient, type components, type ItemFilter } from "../index.ts";
import { drawPicture } from "./draw-picture.ts";

const { COLLECTIONS_URL = "http://127.0.0.1:3000", COLLECTIONS_TOKEN = "", PICTURES = "500" } = process.env;
const client = new CollectionsClient({ apiUrl: COLLECTIONS_URL, session: COLLECTIONS_TOKEN });

const ids: string[] = [];
const files = Array.from({ length: Number(PICTURES) }, (_, number) => drawPicture(number, Number(PICTURES)));
for await (const uploaded of client.uploadAll(files)) {
	if ("problem" in uploaded) throw new Error(`${uploaded.file.filename}: ${uploaded.problem.detail}`);
	console.log(`${uploaded.file.filename} is uploaded, ${ids.push(uploaded.id)} of ${files.length}.`);
}
for await (const { id, status } of client.watch(ids, { everyMs: 5_000 })) console.log(`${id} is ${status}.`);

async function batch(body: components["schemas"]["BatchRequest"]): Promise<void> {
	for (let { data } = await client.api.POST("/items/batch", { body }); data && "state" in data; await sleep(1_000)) {
		if (data.state !== "queued" && data.state !== "running") return;
		({ data } = await client.api.GET("/jobs/{id}", { params: { path: { id: data.id } } }));
	}
}
const summer: ItemFilter = { from: "2025-06-01", to: "2025-08-31" };
await batch({ action: "tag", tags: ["Summer"], filter: summer });
const [id = ""] = ids;
await client.api.PATCH("/items/{id}", { params: { path: { id } }, body: { headline: "A new year", favorite: true } });
const { data: album } = await client.api.POST("/albums", { body: { name: "Summer" } });
await batch({ action: "add_to_album", album_id: album?.id ?? "", filter: { tag: "Summer" } });
const { data: share } = await client.api.POST("/shares", { body: { album_id: album?.id ?? "" } });

const escaped = (text: string | null) => text?.replaceAll(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`) ?? "";
let page = "<!doctype html><meta charset=utf-8><style>img { width: 120px; margin: 2px }</style>";
for (const filter of [{ favorite: true }, { tag: ["Summer"] }, {}] satisfies ItemFilter[]) {
	page += `<h1>${escaped(JSON.stringify(filter))}</h1>\n`;
	for await (const { thumbnail_url, headline } of client.compactItems({ ...filter, sort: "taken" }))
		page += `<img src="${escaped(thumbnail_url)}" title="${escaped(headline)}" loading="lazy">\n`;
}
await writeFile("grid.html", page);
console.log(`Open grid.html, and share ${share?.url}`);

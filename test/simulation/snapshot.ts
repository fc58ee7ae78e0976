import type { Objects } from "#core/ports/index.ts";
import type { Store } from "#fakes/store.ts";
import type { Queryable } from "#postgres/database.ts";

interface ItemRow {
	itemId: string;
	userId: string;
}

/** Every row and object of all tenants, as the invariants read them. */
export interface Snapshot {
	items: {
		id: string;
		userId: string;
		status: string;
		errorCode: string | null;
		leased: boolean;
		attempts: number;
		analysisId: string | null;
		originalKey: string;
	}[];
	analyses: (ItemRow & { id: string; version: number })[];
	documents: (ItemRow & { analysisId: string | null })[];
	embeddings: (ItemRow & { analysisId: string; model: string })[];
	outbox: (ItemRow & { type: string })[];
	requests: (ItemRow & {
		id: string;
		kind: string;
		status: string;
		errorCode: string | null;
		analysisId: string | null;
	})[];
	tombstones: ItemRow[];
	/** Keys. */
	objects: string[];
}

const extensions: Record<string, string> = {
	"image/png": "png",
	"image/jpeg": "jpg",
};
const keyOf = (userId: string, id: string, mimeType: string) =>
	`originals/${userId}/${id}.${extensions[mimeType] ?? "png"}`;

/** Reads the rows of a fake store. */
export function snapshotOfStore(store: Store, objects: string[]): Snapshot {
	const all = [...store.items.values()];
	const ownerOf = ({ item }: (typeof all)[number]): ItemRow => ({
		itemId: item.id,
		userId: item.userId,
	});
	return {
		items: all.map(({ item, lease, attempts, analysis }) => ({
			id: item.id,
			userId: item.userId,
			status: item.status,
			errorCode: item.error?.code ?? null,
			leased: lease !== null,
			attempts,
			analysisId: analysis?.id ?? null,
			originalKey: keyOf(item.userId, item.id, item.mimeType),
		})),
		analyses: all.flatMap(({ analyses }) =>
			analyses.map(({ id, itemId, userId, version }) => ({
				id,
				itemId,
				userId,
				version,
			})),
		),
		documents: all
			.filter(({ document }) => document)
			.map((stored) => ({
				...ownerOf(stored),
				analysisId: stored.analysis?.id ?? null,
			})),
		embeddings: all.flatMap((stored) =>
			[...stored.embeddings.values()].map(({ analysisId, model }) => ({
				...ownerOf(stored),
				analysisId,
				model,
			})),
		),
		outbox: all.flatMap((stored) =>
			stored.outbox.map(({ event }) => ({
				...ownerOf(stored),
				type: event.type,
			})),
		),
		requests: all.flatMap(({ requests }) =>
			requests.map(({ request }) => ({
				id: request.id,
				itemId: request.itemId,
				userId: request.userId,
				kind: request.kind,
				status: request.status,
				errorCode: request.error?.code ?? null,
				analysisId: request.analysisId,
			})),
		),
		tombstones: [...store.tombstones.values()].map(({ itemId, userId }) => ({
			itemId,
			userId,
		})),
		objects,
	};
}

/** Reads a database's rows, of these users or of all. */
export async function snapshotOfDatabase(
	db: Queryable,
	objects: string[],
	userIds: string[] | null = null,
): Promise<Snapshot> {
	const owner = `item_id as "itemId", user_id as "userId"`;
	const read = <Row extends object>(columns: string, table: string) =>
		db.query<Row>(`select ${columns} from ${table} where $1::text[] is null or user_id = any($1)`, [userIds]);
	const items = await read<Omit<Snapshot["items"][number], "originalKey"> & { mimeType: string }>(
		`id, user_id as "userId", status, error_code as "errorCode", lease_token is not null as leased,
		 attempts, analysis_id as "analysisId", mime_type as "mimeType"`,
		"items",
	);
	return {
		items: items.map(({ mimeType, ...item }) => ({
			...item,
			originalKey: keyOf(item.userId, item.id, mimeType),
		})),
		analyses: await read(`id, ${owner}, version`, "analyses"),
		documents: await read(`${owner}, analysis_id as "analysisId"`, "documents"),
		embeddings: await read(`${owner}, analysis_id as "analysisId", model`, "embeddings"),
		outbox: await read(`${owner}, type`, "outbox"),
		requests: await read(
			`id, ${owner}, kind, status, error_code as "errorCode", analysis_id as "analysisId"`,
			"requests",
		),
		tombstones: await read(owner, "tombstones"),
		objects,
	};
}

/** Adds to a bucket a list of its keys. */
export function listableObjects(objects: Objects): Objects & { keys(): string[] } {
	const keys = new Set<string>();
	return {
		...objects,
		async put(key, ...rest) {
			await objects.put(key, ...rest);
			keys.add(key);
		},
		async deleteVersion(key, version) {
			await objects.deleteVersion(key, version);
			if (!(await objects.exists(key))) keys.delete(key);
		},
		async deleteAll(prefix) {
			await objects.deleteAll(prefix);
			for (const key of keys) if (key.startsWith(prefix)) keys.delete(key);
		},
		keys: () => [...keys].sort(),
	};
}

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, api, type Item, type Schemas } from "#web/app/api.ts";
import { refreshItems } from "#web/features/library/use-items.ts";
import { withTag } from "#web/features/tags/tag-list.ts";
import { TagsField } from "#web/features/tags/tags-field.tsx";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Field } from "#web/ui/field.tsx";
import { Banner } from "#web/ui/notice.tsx";
import { toast } from "#web/ui/toasts.ts";
import styles from "./edit-item.module.css";
import { itemQuery, type VersionedItem, versioned } from "./use-item.ts";

const fields = ["headline", "summary", "category", "note"] as const;

/** The person's own words about an item, in place of the model's; an emptied field gives the model's back. */
export function EditItem({ item: current, onDone }: { item: VersionedItem; onDone(): void }) {
	const { t } = useLanguage();
	const client = useQueryClient();
	// What the fields began with: an item that changes meanwhile must not look like a change of the person's.
	const [item] = useState(current);
	const [seen, setSeen] = useState(current);
	const [tags, setTags] = useState(item.tags);
	const save = useMutation({
		mutationFn: async (change: Schemas["ItemEdit"]) => {
			try {
				return await edit(seen, change);
			} catch (error) {
				if (!isOutdated(error)) throw error;
				const now = await client.fetchQuery({ ...itemQuery(item.id), staleTime: 0 });
				setSeen(now);
				// The pipeline changes an item's version, too, and that is nothing to tell.
				if (!hasSameWords(now, seen)) throw error;
				return edit(now, change);
			}
		},
		onSuccess: (saved) => {
			client.setQueryData(["item", item.id], saved);
			toast(t("edit.saved"));
			onDone();
			return refreshItems(client);
		},
	});

	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		const values = new FormData(event.currentTarget);
		const change: Schemas["ItemEdit"] = {};
		for (const field of fields) {
			const value = String(values.get(field) ?? "").trim();
			if (value !== (item[field] ?? "")) change[field] = value || null;
		}
		// A tag that was typed without Enter counts, too.
		const list = withTag(tags, String(values.get("tag") ?? ""));
		if (list.join("\n") !== item.tags.join("\n")) change.tags = list;
		if (Object.keys(change).length === 0) return onDone();
		save.mutate(change);
	}

	return (
		<form className={styles.form} onSubmit={submit}>
			{save.error && <Banner tone="danger">{isOutdated(save.error) ? t("edit.outdated") : save.error.message}</Banner>}
			<Field label={t("edit.headline")} name="headline" defaultValue={item.headline ?? ""} autoFocus />
			<Field label={t("edit.summary")} name="summary" rows={4} defaultValue={item.summary ?? ""} />
			<Field label={t("edit.category")} name="category" defaultValue={item.category ?? ""} />
			<TagsField tags={tags} onChange={setTags} />
			<Field label={t("edit.note")} name="note" rows={2} defaultValue={item.note ?? ""} hint={t("edit.note.hint")} />
			<p className={styles.hint}>{t("edit.hint")}</p>
			<div className={styles.actions}>
				<Button onPress={onDone}>{t("action.cancel")}</Button>
				<Button type="submit" look="primary" isPending={save.isPending}>
					{t("action.save")}
				</Button>
			</div>
		</form>
	);
}

const edit = ({ id, etag }: VersionedItem, body: Schemas["ItemEdit"]) =>
	versioned(api().PATCH("/items/{id}", { params: { path: { id }, header: etag ? { "If-Match": etag } : {} }, body }));

const isOutdated = (error: unknown) => error instanceof ApiError && error.status === 412;

const hasSameWords = (first: Item, second: Item) =>
	fields.every((field) => first[field] === second[field]) && first.tags.join("\n") === second.tags.join("\n");

import { type FormEvent, useState } from "react";
import { useChangeItems } from "#web/features/library/change-items.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import styles from "./tag-form.module.css";
import { withTag } from "./tag-list.ts";
import { TagsField } from "./tags-field.tsx";

/** Gives tags to the selected items; those that they have stay. */
export function TagItems({ ids, onDone, onClose }: { ids: readonly string[]; onDone(): void; onClose(): void }) {
	const { t } = useLanguage();
	const { tagging } = useChangeItems();
	const [tags, setTags] = useState<string[]>([]);

	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		// A tag that was typed without Enter counts, too.
		const all = withTag(tags, String(new FormData(event.currentTarget).get("tag") ?? ""));
		if (all.length > 0) tagging.mutate({ ids, tags: all }, { onSuccess: onDone });
	}

	return (
		<Dialog title={t("tag.items", { count: ids.length })} isOpen onClose={onClose}>
			<form className={styles.form} onSubmit={submit}>
				<TagsField tags={tags} onChange={setTags} autoFocus />
				<div className={styles.actions}>
					<Button onPress={onClose}>{t("action.cancel")}</Button>
					<Button type="submit" look="primary" isPending={tagging.isPending}>
						{t("tag.add")}
					</Button>
				</div>
			</form>
		</Dialog>
	);
}

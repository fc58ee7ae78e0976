import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button, IconButton } from "#web/ui/button.tsx";
import { Confirm, Dialog } from "#web/ui/dialog.tsx";
import { Field } from "#web/ui/field.tsx";
import { Icon } from "#web/ui/icon.tsx";
import { Banner, Blank, Failure, Loading } from "#web/ui/notice.tsx";
import page from "../../ui/page.module.css";
import form from "./tag-form.module.css";
import { isSameTag } from "./tag-list.ts";
import styles from "./tags-page.module.css";
import { type Tag, useChangeTags, useTags } from "./use-tags.ts";

/** As many as are overlooked at a glance; more can be narrowed. */
const maxGlance = 12;

/** The person's tags with their numbers of items: renamed, merged, or taken off all. */
export function TagsPage() {
	const { t } = useLanguage();
	const tags = useTags();
	const { removing } = useChangeTags();
	const [text, setText] = useState("");
	const [renamed, setRenamed] = useState<Tag | null>(null);
	const [doomed, setDoomed] = useState<Tag | null>(null);
	const all = tags.data ?? [];
	const shown = all.filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
	return (
		<div className={page.page}>
			<h1 className={page.title}>{t("nav.tags")}</h1>
			{tags.error && !tags.data ? (
				<Failure error={tags.error} onRetry={() => tags.refetch()} />
			) : !tags.data ? (
				<Loading />
			) : all.length === 0 ? (
				<Blank icon="tag" title={t("tags.empty")}>
					<p>{t("tags.empty.text")}</p>
				</Blank>
			) : (
				<>
					<p className={page.lead}>{t("tags.lead")}</p>
					{all.length > maxGlance && (
						<Field label={t("tags.filter")} value={text} onChange={setText} type="search" className={styles.filter} />
					)}
					{shown.length === 0 && <p className={page.lead}>{t("tags.noneMatch")}</p>}
					<ul className={styles.list}>
						{shown.map((tag) => (
							<li key={tag.name} className={styles.row}>
								<Link to="/" search={{ tag: tag.name }} className={styles.link}>
									<Icon name="tag" size={16} />
									<span className={styles.name}>{tag.name}</span>
									<span className={styles.count}>{t("library.count", { count: tag.count })}</span>
								</Link>
								<IconButton icon="edit" label={t("tag.rename", { name: tag.name })} onPress={() => setRenamed(tag)} />
								<IconButton icon="trash" label={t("tag.delete", { name: tag.name })} onPress={() => setDoomed(tag)} />
							</li>
						))}
					</ul>
				</>
			)}
			{renamed && <RenameTag tag={renamed} tags={all} onClose={() => setRenamed(null)} />}
			<Confirm
				title={t("tag.delete.title", { name: doomed?.name ?? "" })}
				isOpen={doomed !== null}
				action={t("tag.delete.action")}
				isPending={removing.isPending}
				onClose={() => setDoomed(null)}
				onConfirm={() => doomed && removing.mutate(doomed.name, { onSettled: () => setDoomed(null) })}
			>
				<p>{t("tag.delete.text", { count: doomed?.count ?? 0 })}</p>
			</Confirm>
		</div>
	);
}

/** Gives a tag another name; where that is another tag's, the two become one. */
function RenameTag({ tag, tags, onClose }: { tag: Tag; tags: readonly Tag[]; onClose(): void }) {
	const { t } = useLanguage();
	const { renaming } = useChangeTags();
	const [name, setName] = useState(tag.name);
	const sameNamed = tags.find((each) => isSameTag(each.name, name) && !isSameTag(each.name, tag.name));

	function submit(event: FormEvent<HTMLFormElement>) {
		event.preventDefault();
		if (name.trim() === "" || name.trim() === tag.name) return onClose();
		renaming.mutate({ former: tag.name, name: name.trim() }, { onSuccess: onClose });
	}

	return (
		<Dialog title={t("tag.rename", { name: tag.name })} isOpen onClose={onClose}>
			<form className={form.form} onSubmit={submit}>
				{renaming.error && <Banner tone="danger">{renaming.error.message}</Banner>}
				<Field label={t("tag.name")} value={name} onChange={setName} maxLength={100} isRequired autoFocus />
				{sameNamed && <Banner>{t("tag.merges", { name: sameNamed.name, count: sameNamed.count })}</Banner>}
				<div className={form.actions}>
					<Button onPress={onClose}>{t("action.cancel")}</Button>
					<Button type="submit" look="primary" isPending={renaming.isPending}>
						{sameNamed ? t("tag.merge") : t("action.save")}
					</Button>
				</div>
			</form>
		</Dialog>
	);
}

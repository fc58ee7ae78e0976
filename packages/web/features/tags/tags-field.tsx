import { useId, useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Field } from "#web/ui/field.tsx";
import { suggestedTags, withTag } from "./tag-list.ts";
import styles from "./tags-field.module.css";
import { useTags } from "./use-tags.ts";

const maxSuggestions = 6;
const maxTagLength = 100;

interface TagsFieldProps {
	tags: readonly string[];
	onChange(tags: string[]): void;
	autoFocus?: boolean;
}

/** Tags that are typed or taken from those in use. A form reads the half-typed one as `tag`. */
export function TagsField({ tags, onChange, autoFocus }: TagsFieldProps) {
	const { t } = useLanguage();
	const [text, setText] = useState("");
	const known = useTags().data?.map(({ name }) => name) ?? [];
	const suggestions = suggestedTags(known, text, tags, maxSuggestions);
	const title = useId();
	function add(tag: string) {
		onChange(withTag(tags, tag));
		setText("");
	}
	return (
		<div className={styles.tags}>
			<Field
				label={t("edit.tags")}
				name="tag"
				value={text}
				onChange={setText}
				maxLength={maxTagLength}
				hint={t("edit.tags.hint")}
				autoComplete="off"
				autoFocus={autoFocus}
				onKeyDown={(event) => {
					if (event.key !== "Enter" || text.trim() === "") return;
					event.preventDefault();
					add(text);
				}}
			/>
			{tags.length > 0 && (
				<ul className={styles.list} aria-label={t("edit.tags.chosen")}>
					{tags.map((tag) => (
						<li key={tag}>
							<button
								type="button"
								className={styles.tag}
								aria-label={t("edit.tags.remove", { name: tag })}
								onClick={() => onChange(tags.filter((each) => each !== tag))}
							>
								{tag} <span aria-hidden="true">×</span>
							</button>
						</li>
					))}
				</ul>
			)}
			{suggestions.length > 0 && (
				<div className={styles.suggestions}>
					<p id={title} className={styles.title}>
						{t("edit.tags.known")}
					</p>
					<ul className={styles.list} aria-labelledby={title}>
						{suggestions.map((tag) => (
							<li key={tag}>
								<button type="button" className={styles.suggestion} onClick={() => add(tag)}>
									<span aria-hidden="true">+</span> {tag}
								</button>
							</li>
						))}
					</ul>
				</div>
			)}
		</div>
	);
}

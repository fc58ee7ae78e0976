import { useState } from "react";
import { Radio, RadioGroup } from "react-aria-components";
import type { Item } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { formatBytes, formatDate } from "#web/ui/format.ts";
import { Icon } from "#web/ui/icon.tsx";
import bestStyles from "../../ui/best.module.css";
import styles from "./duplicate-group.module.css";
import { bestOf } from "./duplicate-groups.ts";
import { useKeepOne } from "./use-duplicates.ts";

interface DuplicateGroupProps {
	items: readonly Item[];
	onOpen(id: string): void;
	onKeepAll(): void;
}

/** Pictures that are nearly the same: the best is chosen, and the person may choose another. */
export function DuplicateGroup({ items, onOpen, onKeepAll }: DuplicateGroupProps) {
	const { t, locale } = useLanguage();
	const best = bestOf(items);
	const [chosen, setChosen] = useState(best?.id);
	const keepOne = useKeepOne();
	const kept = items.find(({ id }) => id === chosen) ?? best;
	const others = items.filter((item) => item !== kept);
	const tags = new Set(others.flatMap((item) => item.tags).filter((tag) => !kept?.tags.includes(tag)));
	return (
		<section className={styles.group} aria-label={t("duplicates.group", { count: items.length })}>
			<RadioGroup
				className={styles.items}
				aria-label={t("duplicates.choose")}
				value={kept?.id ?? ""}
				onChange={setChosen}
				orientation="horizontal"
			>
				{items.map((item) => (
					<div key={item.id} className={styles.cell}>
						<Radio
							value={item.id}
							className={styles.item}
							aria-label={t("duplicates.keep", { name: item.headline ?? item.original_filename })}
						>
							<span className={styles.sheet}>
								{item.thumbnail_url && <img src={item.thumbnail_url} alt="" loading="lazy" decoding="async" />}
								<span className={styles.state}>
									<Icon name={item === kept ? "check" : "trash"} size={14} />
									{item === kept ? t("duplicates.stays") : t("duplicates.goes")}
								</span>
							</span>
							<span className={styles.size}>
								{item.width} × {item.height}
								{item.id === best?.id && <span className={bestStyles.best}>{t("duplicates.best")}</span>}
							</span>
							<span className={styles.fact}>
								{formatBytes(item.file_size, locale)} · {formatDate(item.taken_at_local ?? item.created_at, locale)}
							</span>
							{item.tags.length > 0 && <span className={styles.fact}>{item.tags.join(", ")}</span>}
						</Radio>
						<button type="button" className={styles.view} onClick={() => onOpen(item.id)}>
							{t("duplicates.view")}
						</button>
					</div>
				))}
			</RadioGroup>
			<div className={styles.actions}>
				<Button
					look="primary"
					icon="check"
					isPending={keepOne.isPending}
					isDisabled={!kept}
					onPress={() => kept && keepOne.mutate({ kept, others })}
				>
					{t("duplicates.keepOne", { count: others.length })}
				</Button>
				<Button onPress={onKeepAll}>{t("duplicates.keepAll")}</Button>
				{tags.size > 0 && <p className={styles.hint}>{t("duplicates.tags", { tags: [...tags].join(", ") })}</p>}
			</div>
		</section>
	);
}

import type { Schemas } from "#web/app/api.ts";
import { Cited } from "#web/features/search/cited.tsx";
import { markOnly } from "#web/features/viewer/marks.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import conversation from "./conversation.module.css";
import styles from "./message.module.css";
import type { ChatMessage } from "./use-chat.ts";

export function Message({ message, onOpen }: { message: ChatMessage; onOpen(id: string): void }) {
	const { t } = useLanguage();
	if (message.role === "user") return <p className={conversation.question}>{message.content}</p>;
	const open = (id: string) => {
		const boxes = message.search_results.find(({ item_id }) => item_id === id)?.boxes ?? [];
		markOnly(
			id,
			boxes.map(({ box }) => box),
		);
		onOpen(id);
	};
	const shown = message.search_results.filter(({ deleted }) => !deleted);
	return (
		<article className={styles.answer} aria-label={t("chat.answer")}>
			{message.content && <Cited text={message.content} onOpen={open} />}
			{shown.length > 0 && (
				<ul className={styles.items}>
					{shown.map((item, at) => (
						<li key={item.item_id}>
							<ShownItem item={item} number={at + 1} onOpen={open} />
						</li>
					))}
				</ul>
			)}
		</article>
	);
}

function ShownItem({ item, number, onOpen }: { item: Schemas["ShownItem"]; number: number; onOpen(id: string): void }) {
	const { thumbnail_url: thumbnail } = item;
	return (
		<button type="button" className={styles.item} onClick={() => onOpen(item.item_id)}>
			<span className={styles.sheet}>{thumbnail && <img src={thumbnail} alt="" loading="lazy" />}</span>
			<span className={styles.caption}>
				<span className={styles.number}>{number}</span> {item.headline}
			</span>
		</button>
	);
}

import type { Key } from "#web/i18n/en.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Dialog } from "#web/ui/dialog.tsx";
import styles from "./shortcut-help.module.css";

const shortcuts: { group: Key; keys: [string[], Key][] }[] = [
	{
		group: "help.anywhere",
		keys: [
			[["/"], "help.search"],
			[["?"], "help.help"],
			[["Ctrl", "V"], "help.paste"],
		],
	},
	{
		group: "nav.library",
		keys: [
			[["←", "↑", "↓", "→"], "help.move"],
			[["Enter"], "help.view"],
			[["Space"], "help.select"],
			[["Shift", "→"], "help.extend"],
			[["Ctrl", "A"], "help.all"],
			[["Delete"], "help.delete"],
		],
	},
	{
		group: "help.viewer",
		keys: [
			[["←", "→"], "help.neighbour"],
			[["+", "−", "0"], "help.zoom"],
			[["F"], "help.favorite"],
			[["T"], "help.text"],
			[["I"], "help.details"],
			[["Esc"], "help.close"],
		],
	},
];

export function ShortcutHelp({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
	const { t } = useLanguage();
	return (
		<Dialog title={t("help.title")} isOpen={isOpen} onClose={onClose}>
			{shortcuts.map(({ group, keys }) => (
				<section key={group} className={styles.group}>
					<h3 className={styles.title}>{t(group)}</h3>
					<dl className={styles.list}>
						{keys.map(([combination, label]) => (
							<div key={label} className={styles.row}>
								<dt>{t(label)}</dt>
								<dd className={styles.keys}>
									{combination.map((key) => (
										<kbd key={key}>{key}</kbd>
									))}
								</dd>
							</div>
						))}
					</dl>
				</section>
			))}
		</Dialog>
	);
}

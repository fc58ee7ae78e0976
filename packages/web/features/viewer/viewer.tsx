import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Dialog, Modal, ModalOverlay } from "react-aria-components";
import type { Item } from "#web/app/api.ts";
import { AlbumPicker } from "#web/features/albums/album-picker.tsx";
import { useChangeItems } from "#web/features/library/change-items.ts";
import { ShareDialog } from "#web/features/share/share-dialog.tsx";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { IconButton } from "#web/ui/button.tsx";
import { Failure, Loading } from "#web/ui/notice.tsx";
import { toast } from "#web/ui/toasts.ts";
import { Details, type Over } from "./details.tsx";
import { useMarksOf } from "./marks.ts";
import { Picture } from "./picture.tsx";
import { saveFile } from "./save-file.ts";
import { neighbours } from "./sequence.ts";
import { TextLayer } from "./text-layer.tsx";
import { useItem, useOriginal, useText } from "./use-item.ts";
import styles from "./viewer.module.css";
import { fitted, type View, zoomed } from "./zoom.ts";

const zoomStep = 1.5;
const center = { x: 0, y: 0 };

/** One item over the page: its picture, what is known about it, and its neighbours. */
export function Viewer({ id }: { id: string }) {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const item = useItem(id);
	const original = useOriginal(item.data?.filename);
	const [view, setView] = useState<View>(fitted);
	const [showsDetails, setDetails] = useState(() => window.innerWidth >= 900);
	const text = useText(id, Boolean(item.data?.latest_analysis));
	const marks = useMarksOf(id);
	// A finger moves the picture: it selects text only when it is told to.
	const [selectsText, setSelectsText] = useState(() => window.matchMedia("(pointer: fine)").matches);
	const [isOver, setOver] = useState<Over | null>(null);
	const { trashing, marking } = useChangeItems();
	const { previous, next } = neighbours(id);

	const show = (item: string | null) =>
		navigate({ to: ".", search: (former) => ({ ...former, item: item ?? undefined }), replace: item !== null });
	const close = () => show(null);

	useEffect(() => setView(fitted), [id]);

	useEffect(() => {
		const onKeyDown = (event: KeyboardEvent) => {
			const target = event.target as HTMLElement;
			if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable) return;
			if (event.ctrlKey || event.metaKey || event.altKey) return;
			// Another dialog is over this one.
			if (document.querySelectorAll("[role=dialog], [role=alertdialog]").length > 1) return;
			const zoom = (factor: number) => setView((former) => (factor ? zoomed(former, factor, center) : fitted));
			if (event.key === "ArrowLeft" && previous) void show(previous);
			else if (event.key === "ArrowRight" && next) void show(next);
			else if (event.key === "+" || event.key === "=") zoom(zoomStep);
			else if (event.key === "-") zoom(1 / zoomStep);
			else if (event.key === "0") zoom(0);
			else if (event.key === "t") setSelectsText((selects) => !selects);
			else if (event.key === "i") setDetails((shown) => !shown);
			else if (event.key === "f") favorite();
			else if (event.key === "Delete") trash();
			else return;
			event.preventDefault();
		};
		window.addEventListener("keydown", onKeyDown);
		return () => window.removeEventListener("keydown", onKeyDown);
	});

	function trash() {
		trashing.mutate([id], { onSuccess: () => show(next ?? previous) });
	}

	function favorite() {
		if (item.data) marking.mutate({ ids: [id], isFavorite: !item.data.favorite });
	}

	function download({ original_filename }: Item) {
		if (!original.data) return;
		saveFile(original.data, original_filename).catch((error: Error) => toast(error.message, { tone: "danger" }));
	}

	const { data } = item;
	const size = { width: data?.width ?? 1_000, height: data?.height ?? 1_000 };
	const name = data ? data.headline || data.original_filename : t("state.loading");
	return (
		<ModalOverlay className={styles.overlay} isOpen onOpenChange={(open) => open || void close()}>
			<Modal className={styles.modal}>
				<Dialog className={styles.dialog} aria-label={name}>
					<header className={styles.head}>
						<IconButton icon="close" label={t("action.close")} onPress={close} />
						<p className={styles.name}>{name}</p>
						<div className={styles.tools}>
							<IconButton
								icon="minus"
								label={t("viewer.zoomOut")}
								className={styles.wideOnly}
								isDisabled={view.scale <= 1}
								onPress={() => setView((former) => zoomed(former, 1 / zoomStep, center))}
							/>
							<IconButton
								icon="plus"
								label={t("viewer.zoomIn")}
								className={styles.wideOnly}
								onPress={() => setView((former) => zoomed(former, zoomStep, center))}
							/>
							<IconButton
								icon="text"
								label={selectsText ? t("viewer.moveInstead") : t("viewer.selectText")}
								look={selectsText ? "secondary" : "quiet"}
								aria-pressed={selectsText}
								isDisabled={!text.data?.lines.some(({ box }) => box)}
								onPress={() => setSelectsText(!selectsText)}
							/>
							<IconButton
								icon="star"
								filled={data?.favorite}
								label={data?.favorite ? t("viewer.unfavorite") : t("action.favorite")}
								aria-pressed={data?.favorite ?? false}
								isDisabled={!data}
								onPress={favorite}
							/>
							<IconButton
								icon="album"
								label={t("viewer.addToAlbum")}
								className={styles.wideOnly}
								isDisabled={!data}
								onPress={() => setOver("album")}
							/>
							<IconButton
								icon="share"
								label={t("share.title")}
								className={styles.wideOnly}
								isDisabled={data?.status !== "ready"}
								onPress={() => setOver("share")}
							/>
							<IconButton
								icon="download"
								label={t("viewer.download")}
								isDisabled={!data || !original.data}
								onPress={() => data && download(data)}
							/>
							<IconButton icon="trash" label={t("action.delete")} onPress={trash} isDisabled={!data} />
							<IconButton
								icon="info"
								label={showsDetails ? t("viewer.hideDetails") : t("viewer.showDetails")}
								aria-expanded={showsDetails}
								onPress={() => setDetails(!showsDetails)}
							/>
						</div>
					</header>
					<div className={styles.body}>
						<div className={styles.stage}>
							{item.error && !data ? (
								<Failure error={item.error} onRetry={() => item.refetch()} />
							) : !data ? (
								<Loading />
							) : (
								<Picture
									key={data.id}
									url={original.data}
									thumbnail={data.thumbnail_url}
									alt={name}
									size={size}
									view={view}
									onView={setView}
								>
									<TextLayer size={size} lines={text.data?.lines ?? []} marks={marks} isSelectable={selectsText} />
								</Picture>
							)}
							{previous && (
								<IconButton
									icon="left"
									look="secondary"
									label={t("viewer.previous")}
									className={styles.previous}
									onPress={() => show(previous)}
								/>
							)}
							{next && (
								<IconButton
									icon="right"
									look="secondary"
									label={t("viewer.next")}
									className={styles.next}
									onPress={() => show(next)}
								/>
							)}
						</div>
						{showsDetails && data && <Details key={data.id} item={data} onOpen={show} onOver={setOver} />}
					</div>
					{isOver === "share" && <ShareDialog target={{ item_id: id }} onClose={() => setOver(null)} />}
					{isOver === "album" && <AlbumPicker ids={[id]} onAdded={() => setOver(null)} onClose={() => setOver(null)} />}
				</Dialog>
			</Modal>
		</ModalOverlay>
	);
}

#!/usr/bin/env bash
# The experiment on drawn scenes, from nothing to the pack that the page ships with: draw, split, train, pack,
# calibrate, evaluate. `./build.sh demo-model` runs it with the command line built; alone it needs one, named here:
#
#   PLACELENS=target/release/placelens model/demo/make.sh [WORK_FOLDER]
#
# A run that was ended goes on where it was when it is started again with the same folder.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
placelens=$(command -v "${PLACELENS:-placelens}" | xargs realpath)
places=$(realpath "$here/../regions.geojson")
work=${1:-$(mktemp -d)}
mkdir -p "$work"
cd "$work"
echo "working in $PWD"

# 1. Photos: drawn ones to learn from, and others, by another seed, to be judged by.
[ -e "scenes/photos.csv" ] || "$placelens" scenes --out "scenes" --per-region 400 --seed 1
[ -e "held-out/photos.csv" ] || "$placelens" scenes --out "held-out" --per-region 100 --seed 2

# 2. Who is trained on, who is validated on.
"$placelens" dataset "scenes" --split 0.85/0.13/0.02 --seed 1

# 3. Models: the untrained one; one with plain labels; one whose labels are smoothed by distance; that one again from
#    another seed.
train() { # NAME EPOCHS SEED OPTIONS…
    local name=$1 epochs=$2 seed=$3
    shift 3
    [ -e "$name/training.json" ] || "$placelens" finetune --model "$here/config.json" --data scenes \
        --places "$places" --out "$name" --epochs "$epochs" --seed "$seed" --learning-rate 1e-3 \
        --layer-decay 1 --weight-decay 0.05 "$@"
}
train untrained 0 1
train smoothed 12 1 --smooth-km 3
train plain 12 1
train smoothed-seed-2 12 2 --smooth-km 3

# 4. Packs, each calibrated on the validation scenes.
packs=()
for name in untrained plain smoothed smoothed-seed-2; do
    "$placelens" pack "$name" --dtype int8 --places "$places" --name "$name" --out "packs/$name" \
        --about "Made from drawn scenes, to show how it works: of real photos it knows nothing."
    "$placelens" calibrate --model "packs/$name" --data scenes --split val
done

# 5. Before and after, side by side, on the held-out scenes.
for name in untrained plain smoothed smoothed-seed-2; do packs+=(--model "packs/$name"); done
rm -rf "report"
"$placelens" evaluate "${packs[@]}" --data "held-out" --split all --by hard --out "report"

# 6. The page's model and its report.
rm -f "$here"/*.safetensors "$here"/*.geojson "$here"/manifest.json "$here"/report.*
cp packs/smoothed/* report/report.md report/report.html "$here"
cp "smoothed/training.svg" "$here/training.svg"
"$placelens" verify "$here"

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

# 1. Photos: drawn ones to begin with, more of them to go on with, and others to be judged by, each by its own seed.
draw() { # OUT PER_REGION SEED
    [ -e "$1/photos.csv" ] || "$placelens" scenes --out "$1" --per-region "$2" --seed "$3"
}
draw scenes 400 1
draw more-scenes 800 3
draw held-out 100 2

# 2. Who is trained on, who is validated on. Held-out scenes are neither.
"$placelens" dataset scenes --split 0.85/0.13/0.02 --seed 1
"$placelens" dataset more-scenes --split 0.9/0.08/0.02 --seed 1

# 3. Models. First from nothing, with the text tower as it was drawn: while neither tower knows anything, the two would
#    agree on saying the same of everything. Then both towers, on more scenes: with plain labels; with labels smoothed by
#    distance; and so again by another seed. A model this small trains fastest on one core, so several train at once.
finetune() { # MODEL DATA OUT OPTIONS…
    local model=$1 data=$2 out=$3
    shift 3
    [ -e "$out/training.json" ] || RAYON_NUM_THREADS=1 "$placelens" finetune --model "$model" --data "$data" \
        --places "$places" --out "$out" --own-prompts --batch-size 16 --layer-decay 1 --weight-decay 0.05 \
        --warmup 0.02 --crop-scale 0.85 --color 0.1 --checkpoint-every 100 "$@"
}
finetune "$here/config.json" scenes untrained --seed 1 --epochs 0
finetune "$here/config.json" scenes start --seed 1 --epochs 20 --learning-rate 8e-4 --freeze text
finetune start more-scenes plain --seed 1 --epochs 4 --learning-rate 4e-4 &
finetune start more-scenes smoothed --seed 1 --epochs 4 --learning-rate 4e-4 --smooth-km 2 &
finetune start more-scenes smoothed-seed-2 --seed 2 --epochs 4 --learning-rate 4e-4 --smooth-km 2 &
for job in $(jobs -p); do wait "$job"; done

# 4. Packs, each calibrated on the validation scenes; "sure" is to be right 19 times of 20.
pack() { # MODEL NAME
    "$placelens" pack "$1" --dtype int8 --places "$places" --name "$2" --out "packs/$2" \
        --about "Made from drawn scenes, to show how it works: of real photos it knows nothing."
    "$placelens" calibrate --model "packs/$2" --data more-scenes --split val --target-accuracy 0.95
}
packs=()
for name in untrained start plain smoothed smoothed-seed-2; do
    pack "$name" "$name"
    packs+=(--model "packs/$name")
done

# 5. Before and after, side by side, on the held-out scenes.
rm -rf report
"$placelens" evaluate "${packs[@]}" --data held-out --split all --by hard --out report

# 6. The page's model and its report: plain labels, whose probabilities come out better calibrated.
pack plain drawn-scenes-int8
rm -f "$here"/*.safetensors "$here"/*.geojson "$here"/manifest.json "$here"/report.* "$here"/training.svg
cp packs/drawn-scenes-int8/* report/report.md report/report.html plain/training.svg "$here"
"$placelens" verify "$here"

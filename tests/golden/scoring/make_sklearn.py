"""Writes sklearn.json: what scikit-learn and SciPy make of random cases.

Run: python make_sklearn.py > sklearn.json, with scikit-learn 1.9 (it brings NumPy and SciPy).
The ECE is NumPy's own histogram; scikit-learn has none with these bins.
"""

import json

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn.metrics import (accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support,
                             top_k_accuracy_score)

random = np.random.default_rng(20_240_611)


def classification(classes, photos, absent):
    """Labels of which some are never true and some never predicted."""
    labels = np.arange(classes)
    truths = random.choice(labels[absent:], photos)
    guesses = random.choice(labels[: classes - absent], photos)
    predicted = np.where((random.random(photos) < 0.4) & (truths < classes - absent), truths, guesses)

    def scores(average):
        values = precision_recall_fscore_support(truths, predicted, labels=labels, average=average, zero_division=0)
        return [np.asarray(value).tolist() for value in values[:3]]

    precision, recall, f1, support = precision_recall_fscore_support(truths, predicted, labels=labels, zero_division=0)
    return {
        "classes": classes, "truths": truths.tolist(), "predicted": predicted.tolist(),
        "accuracy": accuracy_score(truths, predicted),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
        "macro": scores("macro"), "weighted": scores("weighted"),
        "confusion": confusion_matrix(truths, predicted, labels=labels).tolist(),
    }


def calibration(classes, photos, signal, own):
    """Cosines around 0.2, higher by `signal` for the truth; all numbers at the temperature `own`."""
    truths = random.integers(0, classes, photos)
    truths[:classes] = np.arange(classes)  # top_k_accuracy_score wants each of them
    cosines = 0.2 + 0.03 * random.standard_normal((photos, classes))
    cosines[np.arange(photos), truths] += signal
    cosines = cosines.round(5)
    probabilities = softmax(cosines / own, axis=1)
    top, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == truths
    bins = np.digitize(top, np.linspace(0, 1, 16), right=True)
    ece = sum(abs(correct[bins == i].mean() - top[bins == i].mean()) * (bins == i).mean() for i in set(bins.tolist()))

    def nll(log_temperature):
        return log_loss(truths, softmax(cosines / np.exp(log_temperature), axis=1), labels=np.arange(classes))

    best = minimize_scalar(nll, bounds=(np.log(own) - 4, np.log(own) + 4), method="bounded", options={"xatol": 1e-9})
    return {
        "truths": truths.tolist(), "cosines": cosines.tolist(), "own_temperature": own,
        "nll": nll(np.log(own)), "ece": float(ece),
        "top_3_accuracy": top_k_accuracy_score(truths, cosines, k=3, labels=np.arange(classes)),
        "best_temperature": float(np.exp(best.x)), "best_nll": float(best.fun),
    }


print(json.dumps({
    "classification": [classification(*case) for case in [(2, 12, 0), (3, 40, 1), (7, 60, 2), (15, 90, 3), (30, 50, 8)]],
    "calibration": [calibration(*case) for case in [(4, 80, 0.04, 0.01), (6, 60, 0.02, 0.07), (15, 70, 0.05, 0.02)]],
}))

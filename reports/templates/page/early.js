// Before anything is painted: whatever will be folded is not shown open first. Without scripts all stays open.
document.documentElement.classList.add("scripted");

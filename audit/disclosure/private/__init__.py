"""Differentially private counts: whoever knows all rows but one learns next to nothing of that one.

Every number of a release is made of counts with noise, and of nothing else that the rows decide (Dwork, McSherry,
Nissim, Smith 2006; exact discrete noise: Canonne, Kamath, Steinke 2020).
"""

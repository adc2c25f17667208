// Words that carry no subject, in English and German: left out of questions, never out of the index.

/** Folded, as `fold` gives them. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about after all also am an and any are as at be been before being both but by can could did do does doing done
  each else ever few for from further get gets got had has have having he her here hers him his how i if in into is it
  its just let like many may me might more most much must my no nor not now of off on once one only or other our ours
  out over own please same shall she should so some such tell than that the their theirs them then there these they
  this those through to too under until up us very was we were what when where whether which while who whom whose why
  will with would you your yours d ll m re s t ve don doesn didn isn aren wasn weren won
  aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist da damit dann das
  dass dein deine dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine
  einem einen einer eines er es etwas euch euer fur gegen habe haben hat hatte hier hin ich ihm ihn ihnen ihr ihre im
  in ist ja jede jedem jeden jeder jedes kann kein keine konnen mal man mein meine mich mir mit muss nach nicht noch nun
  nur ob oder ohne sehr sein seine sich sie sind so soll sollen uber um und uns unser unter viel vom von vor wann war
  waren warum was weil welche welchem welchen welcher welches wem wen wenn wer werden wie wieder wir wird wo wurde zu
  zum zur`.split(/\s+/),
);
